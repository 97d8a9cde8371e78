#pragma once

#include "base/keyed_sets.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace holdfast::control {

/// Which Applications name which project, and which of them it forbids what they do. On the loop's thread.
class project_users {
public:
    /// `changed` is told of each project of which another thing is to be said than before.
    explicit project_users(std::function<void(const std::string& project)> changed)
        : changed_{std::move(changed)} {}

    void note(const std::string& application, const std::string& project, bool is_forbidden) {
        auto& entry = entries_[application];
        if (entry.project == project && entry.is_forbidden == is_forbidden) {
            return;
        }
        const auto before = std::exchange(entry, {project, is_forbidden});
        leave(application, before);
        users_.add(project, application);
        if (is_forbidden) {
            forbidden_.add(project, application);
        }
        changed_(project);
        if (!before.project.empty() && before.project != project) {
            changed_(before.project);
        }
    }
    void forget(const std::string& application) {
        const auto found = entries_.find(application);
        if (found == entries_.end()) {
            return;
        }
        const auto before = std::move(found->second);
        entries_.erase(found);
        leave(application, before);
        changed_(before.project);
    }
    /// Valid until the next change.
    [[nodiscard]] const std::set<std::string>& of(const std::string& project) const {
        return users_.of(project);
    }
    [[nodiscard]] std::size_t forbidden_of(const std::string& project) const {
        return forbidden_.of(project).size();
    }

private:
    struct entry {
        std::string project;
        bool is_forbidden = false;
    };

    void leave(const std::string& application, const entry& before) {
        users_.remove(before.project, application);
        forbidden_.remove(before.project, application);
    }

    std::function<void(const std::string&)> changed_;
    std::map<std::string, entry> entries_;
    keyed_sets<std::string, std::string> users_;
    keyed_sets<std::string, std::string> forbidden_;
};

} // namespace holdfast::control
