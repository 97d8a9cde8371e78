package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// What becomes of one text with parameters, or the error.
func render(t *testing.T, text, parameters string, options ...string) string {
	t.Helper()
	value, _ := json.Marshal(text)
	results := renderAll(t, 20000, options, string(value), parameters)
	if results[0].Error != "" {
		return "error: " + results[0].Error
	}
	return results[0].Value.(string)
}

func renderAll(t *testing.T, timeout int, options []string, value string, parameters ...string) []templateResult {
	t.Helper()
	question, _ := json.Marshal(templateQuestion{TimeoutMS: timeout, MaxBytes: 1000, MaxAllBytes: 5000, Options: options,
		Values: []json.RawMessage{json.RawMessage(value)}})
	in := bytes.NewBuffer(question)
	for _, one := range parameters {
		in.WriteString(`{"value":0,"parameters":` + one + "}")
	}
	var out bytes.Buffer
	if err := runTemplates(in, &out); err != nil {
		t.Fatal(err)
	}
	var answer templateAnswer
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Results) > len(parameters) || (len(answer.Results) < len(parameters)) != (answer.Rest != "") {
		t.Fatalf("%d results for %d items, %q", len(answer.Results), len(parameters), answer.Rest)
	}
	for len(answer.Results) < len(parameters) {
		answer.Results = append(answer.Results, templateResult{Error: answer.Rest})
	}
	return answer.Results
}

func TestTextsAreRenderedAsInArgoCD(t *testing.T) {
	const parameters = `{"id": 123456789012, "n": null, "tags": ["x", "y"], "f": 1.5, "m": 1000000, "name": "Feat/A_b",
		"metadata": {"labels": {"env": "prod"}}, "values": {"a": "b"}, "list": [{"a": "b"}]}`
	for text, expected := range map[string]string{
		`{{.id}}`:                                 "1.23456789012e+11",
		`{{.id | int64}}`:                         "123456789012",
		`{{printf "%.0f" .id}}`:                   "123456789012",
		`{{toJson .id}} {{toYaml .id}}`:           "123456789012 123456789012",
		`{{.m}} {{.f}} {{.tags}} {{.n}}`:          "1e+06 1.5 [x y] <no value>",
		`{{.nope}}/{{.x.y}}`:                      "<no value>/<no value>",
		`{{normalize .name}}`:                     "feat-a-b",
		`{{slugify .name}}`:                       "feat-a-b",
		`{{slugify 5 .name}}`:                     "feat",
		`{{slugify 5 false .name}}`:               "feat",
		`{{slugify .name}} {{slugify 3 "abcde"}}`: "feat-a-b abc",
		`{{index .metadata.labels "gone"}}`:       "",
		`{{index .metadata.labels "env"}}`:        "prod",
		`{{.metadata.labels.gone}}`:               "<no value>",
		`{{toYaml .list}}`:                        "- a: b",
		`{{(fromYaml "a: [1, yes]").a}}`:          "[1 true]",
		`{{index (fromYamlArray "[a, b]") 1}}`:    "b",
		`{{ "a" | upper }}{{/* c */}}`:            "A",
		`no template }}`:                          "no template }}",
	} {
		if got := render(t, text, parameters); got != expected {
			t.Errorf("%s: %q, expected %q", text, got, expected)
		}
	}
}

func TestWhatIsWrongIsAnErrorOfItsItem(t *testing.T) {
	for text, expected := range map[string]string{
		`{{env "HOME"}}`:               `function "env" not defined`,
		`{{expandenv "$HOME"}}`:        `function "expandenv" not defined`,
		`{{getHostByName "x"}}`:        `function "getHostByName" not defined`,
		`{{`:                           "failed to parse template {{: ",
		`{{fail "because"}}`:           "because",
		`{{fromYaml "a: ["}}`:          "yaml",
		`{{slugify true "a"}}`:         "slugify takes",
		`{{slugify -1 "a"}}`:           "slugify takes",
		`{{range until 2000}}x{{end}}`: "it prints more than 1000 bytes",
		`{{define "a"}}{{template "a"}}{{end}}{{template "a"}}`: "exceeded maximum template depth",
	} {
		if got := render(t, text, `{}`); !strings.HasPrefix(got, "error: ") || !strings.Contains(got, expected) {
			t.Errorf("%s: %q, expected %q", text, got, expected)
		}
	}
	if got := render(t, `{{.nope}}`, `{}`, "missingkey=error"); !strings.Contains(got, `map has no entry for key "nope"`) {
		t.Error(got)
	}
	if got := render(t, `{{.metadata.labels.a}}`, `{"metadata":{"labels":{"b":"c"}}}`, "missingkey=error"); !strings.Contains(got, "map has no entry") {
		t.Error(got)
	}
}

func TestValuesAreRenderedWithTheNamesOfTheirMembers(t *testing.T) {
	results := renderAll(t, 20000, nil, `{"{{.a}}": ["{{.a}}<", 12345678901234567890, true, null, {"b": "{{.b}}"}]}`,
		`{"a":"x","b":1}`, `{"a":"y"}`)
	got, _ := json.Marshal(results)
	const expected = `[{"value":{"x":["x\u003c",12345678901234567000,true,null,{"b":"1"}]}},` +
		`{"value":{"y":["y\u003c",12345678901234567000,true,null,{"b":"\u003cno value\u003e"}]}}]`
	if string(got) != expected {
		t.Errorf("%s", got)
	}
}

func TestAllTextsTogetherAreBounded(t *testing.T) {
	results := renderAll(t, 20000, nil, `["{{repeat 900 .a}}"]`, `{"a":"x"}`, `{"a":"x"}`, `{"a":"x"}`, `{"a":"x"}`, `{"a":"x"}`, `{"a":"x"}`)
	if results[4].Error != "" || !strings.Contains(results[5].Error, "prints more than") {
		t.Errorf("%v", results)
	}
}

func TestATemplateThatDoesNotEndIsTheFaultOfWhatComesAfterItToo(t *testing.T) {
	results := renderAll(t, 300, nil, `"{{if .loop}}{{range 1000000000000000}}{{end}}{{end}}x"`, `{}`, `{"loop":true}`, `{}`)
	if results[0].Value != "x" || !strings.Contains(results[1].Error, "do not end within 300ms") || results[2].Error == "" {
		t.Errorf("%v", results)
	}
}

func TestWhatIsNoQuestionIsRefused(t *testing.T) {
	for _, text := range []string{"", "[]", `{"options":["x"]}`, `{"timeoutMs":60000,"values":["{{"]}{"value":1}`, `{"timeoutMs":60000,"values":["a"]}{"value":`} {
		if err := runTemplates(strings.NewReader(text), &bytes.Buffer{}); err == nil {
			t.Error(text)
		}
	}
}
