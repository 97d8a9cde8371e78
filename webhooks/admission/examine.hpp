#pragma once

#include "admission/option_review.hpp"
#include "admission/review.hpp"
#include "crds/application.hpp"
#include "crds/application_set.hpp"
#include "crds/project.hpp"
#include "crds/repository.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace holdfast::admission {

/// An object, and all that is wrong with it whatever is around it.
template <class Kind>
struct examined_object {
    Kind value;
    std::vector<crds::problem> problems;
    /// It could be read, and is of the request's namespace: it can be judged in its surroundings.
    bool is_whole = false;
};

/// An object and, on UPDATE, the one that was.
template <class Kind>
struct examined_pair {
    examined_object<Kind> now;
    std::optional<examined_object<Kind>> before;
};

/// A review, and what can be found out about it without knowing what else there is: all that takes time. What
/// is left is the judgement in its surroundings (`decide`).
struct examined {
    /// Without its objects: they are of no more use, and may be long.
    review of;
    /// Empty: the answer stands, whatever is around the object.
    std::variant<
        std::monostate, examined_pair<crds::application>, examined_pair<crds::project>,
        examined_pair<crds::repository>, examined_pair<crds::application_set>>
        objects;
    decision answer;
    /// Its `spec` is another one than before: an update of anything else, such as an annotation, is no
    /// occasion for advice about it.
    bool spec_changed = false;
    /// A Project is to be deleted.
    bool deletes_project = false;
};

struct examination {
    /// Applications and sets of others are let through.
    std::string installation;
    /// Judges ConfigMaps with the operator's options; empty: they are let through.
    option_check options;
};

/// Takes time that grows with the length of the objects: on a thread that may take it. At most a hundred
/// problems of each object are found.
[[nodiscard]] examined examine(review of, const examination& with);

} // namespace holdfast::admission
