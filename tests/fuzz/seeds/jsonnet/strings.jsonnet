local a = import 'a.libsonnet', b = import "b/../c\u0061.libsonnet"; // import 'no'
{
  block: |||
    import 'no'

    text
  ||| + importstr @'it''s', # import 'no'
  data: importbin /* why */ @"q""q", 'import': 1e5, s: 'import "no"',
}
