#include "sources/ignored_fields.hpp"

#include "match/glob.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::sources {

namespace {

// Of the rules that have expressions, those that are for an object.
struct jq_rule {
    sync::ignore_rule rule;
    std::vector<std::size_t> expressions;
};

std::vector<jq_rule> jq_rules_of(const std::vector<crds::ignored_difference>& rules, jq_work& work) {
    std::vector<jq_rule> all;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const auto& from = rules[i];
        const auto group = match::glob::compile(match::glob_dialect::gobwas, from.group);
        const auto kind = match::glob::compile(match::glob_dialect::gobwas, from.kind);
        if (from.jq_path_expressions.empty() || !group || !kind) {
            continue; // crds::check says so of globs, and nothing is applied with such a spec
        }
        jq_rule made;
        made.rule.group = *group;
        made.rule.kind = *kind;
        made.rule.name = from.name;
        made.rule.namespace_ = from.namespace_;
        for (std::size_t k = 0; k < from.jq_path_expressions.size(); ++k) {
            made.expressions.push_back(work.question.expressions.size());
            work.question.expressions.push_back(from.jq_path_expressions[k]);
            work.places.push_back(
                "spec.ignoreDifferences[" + std::to_string(i) + "].jqPathExpressions[" + std::to_string(k) +
                "]"
            );
        }
        all.push_back(std::move(made));
    }
    return all;
}

sha256_digest digest_of(
    const sync::desired_object& object, const std::vector<std::size_t>& positions, const jq_work& work
) {
    hasher h;
    h.add(to_hex(object.hash));
    for (const auto position : positions) {
        h.add(work.question.expressions[position]);
    }
    return h.finish();
}

} // namespace

jq_work jq_work_of(
    const desired_set& objects, const std::vector<crds::ignored_difference>& rules,
    const ignored_fields* before
) {
    jq_work work;
    const auto jq_rules = jq_rules_of(rules, work);
    if (jq_rules.empty()) {
        return work;
    }
    for (const auto& object : objects.objects) {
        std::vector<std::size_t> positions;
        for (const auto& one : jq_rules) {
            if (sync::matches(one.rule, object.id)) {
                positions.insert(positions.end(), one.expressions.begin(), one.expressions.end());
            }
        }
        if (positions.empty()) {
            continue;
        }
        const auto asked = digest_of(object, positions, work);
        if (before != nullptr) {
            const auto known = before->objects.find(object.id);
            if (known != before->objects.end() && known->second.asked == asked) {
                work.known.objects.insert(*known);
                continue;
            }
        }
        work.question.objects.push_back({.value = &object.manifest, .expressions = std::move(positions)});
        work.asked.emplace_back(object.id, asked);
    }
    return work;
}

result<std::shared_ptr<const ignored_fields>> ignored_fields_of(jq_work work, builders::jq_answer answer) {
    std::string wrong;
    for (const auto& [position, message] : answer.errors) {
        const bool is_known = position < work.places.size();
        wrong += (wrong.empty() ? "" : "; ") + (is_known ? work.places[position] : "jqPathExpressions") +
                 ": " + message;
    }
    if (!wrong.empty()) {
        return user_error(wrong);
    }
    auto all = std::move(work.known);
    for (std::size_t i = 0; i < work.asked.size() && i < answer.fields.size(); ++i) {
        all.objects[work.asked[i].first] = {
            .asked = work.asked[i].second, .fields = std::move(answer.fields[i])
        };
    }
    return std::make_shared<const ignored_fields>(std::move(all));
}

asio::awaitable<result<std::shared_ptr<const ignored_fields>>> find_ignored_fields(
    jq_tools with, std::shared_ptr<const desired_set> objects, std::vector<crds::ignored_difference> rules,
    std::shared_ptr<const ignored_fields> before
) {
    if (std::ranges::all_of(rules, [](const auto& rule) { return rule.jq_path_expressions.empty(); })) {
        co_return std::shared_ptr<const ignored_fields>{};
    }
    auto look = [objects, rules = std::move(rules), before] {
        return jq_work_of(*objects, rules, before.get());
    };
    auto work = co_await on_pool(with.pool, std::move(look));
    builders::jq_answer answer;
    if (!work.question.objects.empty() || !before) { // a wrong expression is told though it is for no object
        auto asked = co_await builders::ask_jq(
            with.sandbox, with.pool, std::move(with.program), work.question, objects
        );
        if (!asked) {
            co_return asked.error().within("spec.ignoreDifferences: jqPathExpressions");
        }
        answer = std::move(*asked);
    }
    co_return ignored_fields_of(std::move(work), std::move(answer));
}

std::vector<sync::ignore_rule>
rules_for(std::vector<sync::ignore_rule> rules, const ignored_fields* found, const sync::object_id& id) {
    if (found == nullptr) {
        return rules;
    }
    const auto of_object = found->objects.find(id);
    if (of_object == found->objects.end() || of_object->second.fields.empty()) {
        return rules;
    }
    static const auto any = *match::glob::compile(match::glob_dialect::gobwas, "*");
    sync::ignore_rule rule;
    rule.group = any;
    rule.kind = any;
    rule.name = id.name;
    rule.namespace_ = id.namespace_;
    rule.fields = of_object->second.fields;
    rules.push_back(std::move(rule));
    return rules;
}

} // namespace holdfast::sources
