#pragma once

#include "sync/goes_along.hpp"
#include "sync/live_record.hpp"
#include "sync/removal_policy.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

// Which objects an operation may delete. That is decided once, over the operation as it begins, before the
// first deletion: an application that gets smaller while it is pruned does not change the answer.

namespace holdfast::sync {

enum class block_reason : std::uint8_t {
    prune_limit,        ///< more deletions than the limit: confirm
    empty_render,       ///< nothing is wanted any more: allowEmpty
    prune_confirmation, ///< objects with Prune=confirm: confirm
    takes_others,       ///< objects that are not the application's would go along: confirm
};

/// What a person is asked.
struct prune_question {
    block_reason reason = block_reason::prune_limit;
    std::vector<object_id> objects;
    std::string sentence;
    /// Identifies the question: its objects, what would go along with them, and the desired state.
    std::string token;
};

struct prune_ruling {
    struct verdict {
        bool may_go = false;
        /// Why not.
        std::string message;
    };
    /// Of every object that is not wanted and not protected. What is not in it came up later and is for the
    /// next operation.
    std::map<object_id, verdict> objects;
    /// The question that has not been answered.
    std::optional<prune_question> asked;
    /// The question that has been answered: its token.
    std::string confirmed;
    /// Why some are not deleted, although nobody has to be asked: to be tried again.
    std::string trouble;
    /// More deletions than this needed a confirmation.
    std::size_t limit = 0;
    /// What was known when this was decided: more may not go along.
    std::map<object_id, goes_along> along;
};

struct prune_facts {
    /// The objects that are not wanted and may go as far as their policy (which is not `never`) says.
    struct candidate {
        object_id id;
        removal policy = removal::allowed;
    };
    std::vector<candidate> candidates;
    /// Objects of the application that stay, wanted or not.
    std::vector<object_id> staying;
    /// Of every candidate for which `takes_others_along`.
    std::map<object_id, goes_along> along;
    /// Whether somebody is asked before what is in `along` goes along; else nobody need know what that is.
    bool asks_about_dependents = true;
    /// How many objects the application had when the operation began.
    std::size_t owned = 0;
    /// How many this operation has deleted.
    std::size_t pruned = 0;
    /// Default: half of `owned`, at least 10.
    std::optional<std::size_t> limit;
    /// Nothing is wanted any more, and nobody allowed that.
    bool empty = false;
    /// What a person has confirmed: a question's token, or empty.
    std::string confirmed;
    /// This operation was confirmed before it was interrupted: the limit and Prune=confirm are settled.
    bool was_confirmed = false;
    /// Identifies the desired state.
    std::string build_key;
};

prune_ruling rule_on_prunes(const prune_facts& facts);

/// Of the candidates those of which is not known yet what goes along with them.
std::vector<object_id> to_inspect(const prune_facts& facts);

} // namespace holdfast::sync
