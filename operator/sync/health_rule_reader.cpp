// The words of health_rules/README.md.

#include "sync/health_rule.hpp"

#include "base/trim.hpp"

#include <boost/algorithm/string/split.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>
#include <stdexcept>

namespace holdfast::sync {

namespace {

using check = health_rule::check;

struct word {
    std::string text;
    bool is_quoted = false;

    bool operator==(std::string_view other) const { return !is_quoted && text == other; }
};

struct wrong {
    std::string what;
};

/// The words of a line, where `end` is a word of its own.
std::vector<word> words_of(std::string_view line, char end) {
    std::vector<word> all;
    std::string now;
    const auto close = [&] {
        if (!now.empty()) all.push_back({std::exchange(now, {})});
    };
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '"') {
            close();
            const auto last = line.find('"', i + 1);
            if (last == std::string_view::npos) throw wrong{"a \" without another one"};
            all.push_back({std::string{line.substr(i + 1, last - i - 1)}, true});
            i = last;
        } else if (line[i] == end) {
            close();
            all.push_back({std::string(1, end)});
        } else if (line[i] == ' ') {
            close();
        } else {
            now += line[i];
        }
    }
    close();
    return all;
}

std::vector<std::string> split(std::string_view text, char at) {
    std::vector<std::string> parts;
    boost::split(parts, text, [at](char c) { return c == at; });
    return parts;
}

bool is_path(const word& w) {
    return !w.is_quoted && (w.text.starts_with('.') || w.text.starts_with("$."));
}

health_rule::path path_of(const word& w) {
    if (!is_path(w)) throw wrong{fmt::format("{} is no path: these begin with a dot", w.text)};
    health_rule::path p;
    p.text = w.text;
    p.is_from_object = w.text.starts_with('$');
    std::string_view rest{p.text};
    rest.remove_prefix(p.is_from_object ? 2 : 1);
    if (p.is_from_object) p.text.erase(0, 1);
    std::string now;
    const auto close = [&] {
        if (!now.empty()) p.steps.push_back(std::exchange(now, {}));
    };
    for (std::size_t i = 0; i < rest.size(); ++i) {
        if (rest[i] == '.') {
            close();
        } else if (rest[i] == '[') {
            close();
            const auto last = rest.find(']', i);
            if (last == std::string_view::npos) throw wrong{fmt::format("{}: '[' without ']'", w.text)};
            p.steps.emplace_back(last == i + 1 ? "[]" : rest.substr(i + 1, last - i - 1));
            i = last;
        } else {
            now += rest[i];
        }
    }
    close();
    if (p.steps.empty()) throw wrong{fmt::format("{} names nothing", w.text)};
    return p;
}

health_status verdict_of(const word& w) {
    const auto status = parse_health_status(w.text);
    if (w.is_quoted || !status) {
        throw wrong{
            fmt::format("{} is none of Healthy, Progressing, Degraded, Suspended, Missing, Unknown", w.text)
        };
    }
    return *status;
}

/// Reads a step from left to right.
class step_reader {
public:
    explicit step_reader(std::span<const word> words) : rest_{words} {}

    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    word next() {
        if (rest_.empty()) throw wrong{"something is missing at the end"};
        auto w = rest_.front();
        rest_ = rest_.subspan(1);
        return w;
    }
    bool take(std::string_view text) {
        if (rest_.empty() || !(rest_.front() == text)) return false;
        rest_ = rest_.subspan(1);
        return true;
    }

    check read_check() {
        check c;
        c.is_last = take("last");
        const auto subject = next();
        if (!is_path(subject)) {
            read_condition(c, subject.text);
            return c;
        }
        c.left = path_of(subject);
        read_test(c);
        return c;
    }

private:
    // "Ready|Available=True|Unknown(Reason) current", "Ready missing"
    void read_condition(check& c, std::string_view text) {
        c.of = check::subject::condition;
        const auto equals = text.find('=');
        if (equals == std::string_view::npos) {
            c.types = split(text, '|');
            if (take("missing")) {
                c.how = check::test::missing;
            } else if (take("present")) {
                c.how = check::test::present;
            } else {
                throw wrong{fmt::format("{}: what of this condition?", text)};
            }
        } else {
            const bool is_not = equals > 0 && text[equals - 1] == '!';
            c.types = split(text.substr(0, is_not ? equals - 1 : equals), '|');
            c.words = split(read_reasons(c, text.substr(equals + 1)), '|');
            c.how = is_not ? check::test::is_not : check::test::is;
        }
        c.is_current = take("current");
        c.is_stale = take("stale");
    }

    // "True(Reason)": what is before the reasons.
    static std::string_view read_reasons(check& c, std::string_view text) {
        const auto open = text.find('(');
        if (open == std::string_view::npos) return text;
        if (!text.ends_with(')')) throw wrong{fmt::format("{}: '(' without ')' at the end", text)};
        auto reasons = text.substr(open + 1, text.size() - open - 2);
        c.is_other_reason = reasons.starts_with('!');
        if (c.is_other_reason) reasons.remove_prefix(1);
        c.reasons = split(reasons, '|');
        return text.substr(0, open);
    }

    void read_test(check& c) {
        const auto how = next();
        if (std::ranges::any_of(c.left.steps, [](const auto& s) { return s == "[]" || s == "*"; }) &&
            (how.text.find_first_of("<=>") == std::string::npos)) {
            throw wrong{fmt::format("{}: of many values only the sum can be asked", c.left.text)};
        }
        if (how == "absent") {
            c.how = check::test::absent;
        } else if (how == "missing") {
            c.how = check::test::missing;
        } else if (how == "present") {
            c.how = check::test::present;
        } else if (how == "is") {
            c.how = take("not") ? check::test::is_not : check::test::is;
            do {
                c.words.push_back(next().text);
            } while (take("or"));
        } else {
            c.how = comparison_of(how);
            const auto right = next();
            if (is_path(right)) {
                c.right = path_of(right);
                if (take("-")) c.less = path_of(next());
            } else {
                const auto* end = right.text.data() + right.text.size();
                if (std::from_chars(right.text.data(), end, c.number).ptr != end) {
                    throw wrong{fmt::format("{} is neither a number nor a path", right.text)};
                }
            }
        }
    }

    static check::test comparison_of(const word& w) {
        if (w == "<") return check::test::less;
        if (w == "<=") return check::test::less_or_equal;
        if (w == ">") return check::test::more;
        if (w == ">=") return check::test::more_or_equal;
        if (w == "=") return check::test::equal;
        if (w == "!=") return check::test::not_equal;
        throw wrong{fmt::format("{} is none of is, absent, missing, present, <, <=, >, >=, =, !=", w.text)};
    }

    std::span<const word> rest_;
};

void read_conditions(step_reader& from, health_rule::step& s) {
    using quantity = health_rule::of_items::quantity;
    do {
        const auto items = [&](quantity of) {
            s.items = health_rule::of_items{.of = of, .items = path_of(from.next()), .checks = {}};
            if (!from.take("has")) throw wrong{"after a list comes: has"};
            s.items->checks.push_back(from.read_check());
        };
        if (s.items) {
            s.items->checks.push_back(from.read_check());
        } else if (from.take("any")) {
            items(quantity::any);
        } else if (from.take("every")) {
            items(quantity::every);
        } else if (from.take("no")) {
            items(quantity::none);
        } else {
            s.checks.push_back(from.read_check());
        }
    } while (from.take("and"));
    if (!from.at_end()) throw wrong{fmt::format("what is {} for?", from.next().text)};
}

health_rule::step step_of(std::optional<health_status> verdict, std::string text) {
    health_rule::step s;
    s.verdict = verdict;
    s.text = std::move(text);
    return s;
}

check condition_is(std::string type, std::string status) {
    check c;
    c.of = check::subject::condition;
    c.types = {std::move(type)};
    c.words = {std::move(status)};
    return c;
}

check generation_is_old() {
    check c;
    c.how = check::test::less;
    c.left = path_of({".status.observedGeneration"});
    c.right = path_of({".metadata.generation"});
    return c;
}

/// The words of a step, as one text.
std::string text_of(std::span<const word> words) {
    std::string text;
    for (const auto& w : words) {
        text += text.empty() ? "" : " ";
        text += w.is_quoted ? '"' + w.text + '"' : w.text;
    }
    return text;
}

/// Adds what one step of a rule stands for. True: it was the last one, since it always holds.
bool read_step(std::span<const word> words, std::vector<health_rule::step>& steps) {
    step_reader from{words};
    auto text = text_of(words);
    if (from.take("no-health")) {
        steps.push_back(step_of(std::nullopt, std::move(text)));
        return true;
    }
    if (from.take("else")) {
        steps.push_back(step_of(verdict_of(from.next()), std::move(text)));
        if (!from.at_end()) throw wrong{fmt::format("what is {} for?", from.next().text)};
        return true;
    }
    if (from.take("by")) {
        const auto type = from.next().text;
        steps.push_back(step_of(health_status::degraded, fmt::format("Degraded if {}=False", type)));
        steps.back().checks.push_back(condition_is(type, "False"));
        steps.push_back(step_of(health_status::healthy, fmt::format("Healthy if {}=True", type)));
        steps.back().checks.push_back(condition_is(type, "True"));
        if (!from.at_end()) throw wrong{fmt::format("what is {} for?", from.next().text)};
        return false;
    }
    if (from.take("generation")) {
        steps.push_back(step_of(health_status::progressing, std::move(text)));
        if (from.take("of")) {
            check stale;
            stale.of = check::subject::condition;
            stale.how = check::test::present;
            stale.types = {from.next().text};
            stale.is_stale = true;
            steps.back().checks.push_back(std::move(stale));
            if (!from.at_end()) throw wrong{fmt::format("what is {} for?", from.next().text)};
            return false;
        }
        if (from.take("if")) {
            if (!from.take("given")) throw wrong{"after generation if comes: given"};
            check given;
            given.how = check::test::present;
            given.left = path_of({".status.observedGeneration"});
            steps.back().checks.push_back(std::move(given));
        }
        steps.back().checks.push_back(generation_is_old());
        if (!from.at_end()) throw wrong{fmt::format("what is {} for?", from.next().text)};
        return false;
    }
    auto s = step_of(verdict_of(from.next()), std::move(text));
    if (!from.take("if")) throw wrong{"after a verdict comes: if"};
    read_conditions(from, s);
    steps.push_back(std::move(s));
    return false;
}

std::vector<health_rule::step> read_steps(std::string_view line) {
    std::vector<health_rule::step> steps;
    const auto words = words_of(line, ';');
    std::span<const word> rest{words};
    bool is_complete = false;
    while (!rest.empty()) {
        std::size_t length = 0;
        while (length < rest.size() && !(rest[length] == ";"))
            ++length;
        if (length == 0) throw wrong{"a ; with nothing before it"};
        if (is_complete) throw wrong{"what comes after else is never reached"};
        is_complete = read_step(rest.first(length), steps);
        rest = rest.subspan(std::min(length + 1, rest.size()));
    }
    if (!is_complete) steps.push_back(step_of(health_status::progressing, "else Progressing"));
    return steps;
}

/// "cert-manager.io/Issuer, ClusterIssuer"
std::vector<std::string> names_of(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) throw wrong{fmt::format("{} is not group/Kind", text)};
    std::vector<std::string> names;
    for (const auto& kind : split(text.substr(slash + 1), ',')) {
        const auto name = trimmed(kind);
        if (name.empty()) throw wrong{fmt::format("{}: a kind is missing", text)};
        names.push_back(fmt::format("{}/{}", text.substr(0, slash), name));
    }
    return names;
}

} // namespace

std::vector<health_rule> read_health_rules(std::string_view file, std::string_view text) {
    std::vector<health_rule> rules;
    std::string rule;
    std::size_t number = 0;
    std::size_t begin = 0;
    const auto close = [&] {
        if (rule.empty()) return;
        const auto colon = rule.find(": ");
        if (colon == std::string::npos) throw wrong{"a rule is group/Kind: and what holds of it"};
        const auto steps = read_steps(std::string_view{rule}.substr(colon + 2));
        for (auto& name : names_of(std::string_view{rule}.substr(0, colon))) {
            rules.push_back({.name = std::move(name), .steps = steps});
        }
        rule.clear();
    };
    try {
        for (const auto& line : split(text, '\n')) {
            ++number;
            if (line.empty() || line.starts_with('#')) continue;
            if (!line.starts_with(' ')) {
                close();
                begin = number;
            } else {
                rule += ' ';
            }
            rule += trimmed(line);
        }
        close();
    } catch (const wrong& w) {
        throw std::invalid_argument{fmt::format("{}:{}: {}", file, begin, w.what)};
    }
    return rules;
}

} // namespace holdfast::sync
