#include "sync/prune_ruling.hpp"

#include "base/hash.hpp"
#include "sync/planner_sentences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace holdfast::sync {

namespace {

class ruling_on {
public:
    explicit ruling_on(const prune_facts& facts) : facts_{facts} {}

    prune_ruling rule() {
        constexpr std::size_t least_limit = 10;
        ruling_.along = facts_.along;
        ruling_.limit = facts_.limit.value_or(std::max(least_limit, facts_.owned / 2));
        if (facts_.empty) {
            withhold_all();
            return std::move(ruling_);
        }
        std::vector<object_id> plain;
        for (const auto& c : facts_.candidates) {
            if (!judge(c)) plain.push_back(c.id);
        }
        std::vector<std::string> sentences = ask_for_limit(plain);
        if (!to_confirm_.empty()) {
            sentences.push_back(
                fmt::format("the deletion of {} needs a confirmation (Prune=confirm)", enumerate(to_confirm_))
            );
        }
        sentences.insert(sentences.end(), along_.begin(), along_.end());
        if (!ruling_.trouble.empty()) ruling_.trouble = "nothing is deleted: " + ruling_.trouble;
        if (sentences.empty()) return std::move(ruling_);
        std::sort(question_.objects.begin(), question_.objects.end());
        question_.sentence = enumerate_texts(sentences, "; ");
        question_.token = token();
        if (question_.token == facts_.confirmed) {
            ruling_.confirmed = question_.token;
            for (const auto& id : question_.objects) {
                ruling_.objects[id] = {.may_go = true, .message = {}};
            }
        } else {
            ruling_.asked = std::move(question_);
        }
        return std::move(ruling_);
    }

private:
    void withhold_all() {
        for (const auto& c : facts_.candidates) {
            ruling_.objects[c.id] = {.may_go = false, .message = "withheld: nothing is wanted any more"};
            question_.objects.push_back(c.id);
        }
        question_.reason = block_reason::empty_render;
        question_.token = token();
        question_.sentence = fmt::format(
            "the sources give no objects any more, and {} would be deleted: {}; set "
            "syncPolicy.automated.allowEmpty if that is meant",
            count_of(question_.objects.size(), "object"), enumerate(question_.objects)
        );
        ruling_.asked = std::move(question_);
    }

    /// False where nothing speaks against it but, perhaps, their number.
    bool judge(const prune_facts::candidate& c) {
        std::string takes;
        if (facts_.asks_about_dependents && takes_others_along(c.id)) {
            const auto found = facts_.along.find(c.id);
            const auto& along = found == facts_.along.end() ? unknown() : found->second;
            if (!along.failure.empty()) {
                ruling_.objects[c.id] = {
                    .may_go = false,
                    .message = "withheld: the objects that would go with it are not known: " + along.failure
                };
                ruling_.trouble += fmt::format(
                    "{}the objects that would go with {} could not be listed: {}",
                    ruling_.trouble.empty() ? "" : "; ", describe(c.id), along.failure
                );
                return true;
            }
            takes = sentence_of(along, staying_in(c.id, along));
        }
        const bool asks = c.policy == removal::needs_confirmation && !facts_.was_confirmed;
        if (!asks && takes.empty()) return false;
        if (asks) to_confirm_.push_back(c.id);
        if (!takes.empty()) along_.push_back(fmt::format("the deletion of {} {}", describe(c.id), takes));
        note_reason(takes.empty() ? block_reason::prune_confirmation : block_reason::takes_others);
        ask_about(
            c.id, takes.empty() ? "its deletion needs a confirmation (Prune=confirm)"
                                : "its deletion needs a confirmation: it " + takes
        );
        return true;
    }

    /// Whole or not at all: half of what was meant to go is nobody's wish.
    std::vector<std::string> ask_for_limit(const std::vector<object_id>& plain) {
        if (plain.size() + facts_.pruned <= ruling_.limit || plain.empty() || facts_.was_confirmed) {
            for (const auto& id : plain) {
                ruling_.objects[id] = {.may_go = true, .message = {}};
            }
            return {};
        }
        question_.reason = block_reason::prune_limit;
        has_reason_ = true;
        for (const auto& id : plain) {
            ask_about(id, "withheld: too many deletions, a confirmation is needed");
        }
        return {fmt::format(
            "{} of {} would be deleted, more than the limit of {}: {}; confirm the deletion, or raise "
            "syncPolicy.pruneLimit",
            plain.size() + facts_.pruned, count_of(facts_.owned, "object"), ruling_.limit, enumerate(plain)
        )};
    }

    void ask_about(const object_id& id, std::string message) {
        ruling_.objects[id] = {.may_go = false, .message = std::move(message)};
        question_.objects.push_back(id);
    }

    void note_reason(block_reason reason) {
        if (!has_reason_) question_.reason = reason;
        has_reason_ = true;
    }

    /// Objects of the application itself that are not deleted, and would go all the same.
    [[nodiscard]] std::vector<object_id> staying_in(const object_id& id, const goes_along& along) const {
        std::vector<object_id> inside;
        for (const auto& one : facts_.staying) {
            const bool is_in = id.kind == "Namespace" ? one.namespace_ == id.name
                                                      : along.defines && one.group == along.defines->first &&
                                                            one.kind == along.defines->second;
            if (is_in) inside.push_back(one);
        }
        return inside;
    }

    static const goes_along& unknown() {
        static const goes_along value{
            .named = {}, .unlisted = {}, .failure = "its contents were not listed yet", .defines = {}
        };
        return value;
    }

    /// What is confirmed is just what was asked: with the names of what goes along, and their number.
    [[nodiscard]] std::string token() const {
        hasher h;
        for (const auto& id : question_.objects) {
            h.add(to_string(id));
        }
        for (const auto& sentence : along_) {
            h.add(sentence);
        }
        for (const auto& [id, along] : facts_.along) {
            for (const auto& name : along.named) {
                h.add(name);
            }
        }
        return to_hex(h.add(facts_.build_key).finish()).substr(0, 16);
    }

    const prune_facts& facts_;
    prune_ruling ruling_;
    prune_question question_;
    bool has_reason_ = false;
    std::vector<object_id> to_confirm_;
    std::vector<std::string> along_;
};

} // namespace

prune_ruling rule_on_prunes(const prune_facts& facts) {
    return ruling_on{facts}.rule();
}

std::vector<object_id> to_inspect(const prune_facts& facts) {
    std::vector<object_id> unknown;
    if (!facts.asks_about_dependents) return unknown;
    for (const auto& c : facts.candidates) {
        if (takes_others_along(c.id) && !facts.along.contains(c.id)) unknown.push_back(c.id);
    }
    return unknown;
}

} // namespace holdfast::sync
