#pragma once

#include "policy/grants.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast::policy {

/// The Projects of the operator's namespace, as they count for Applications. On the loop's thread.
class project_index final : public known_projects {
public:
    /// Enters one, in place of what was said of it before. Whether that changes what anybody may do.
    bool put(const crds::project& value);
    /// Of one that cannot be read: what is wrong with it. Nobody may do anything by it.
    bool put(const std::string& name, const std::string& problem);
    /// Whether there was one.
    bool erase(const std::string& name);
    /// All of them have been put.
    void all_are_known() noexcept { known_ = true; }

    [[nodiscard]] bool are_known() const override { return known_; }
    [[nodiscard]] std::shared_ptr<const project_rules> find(std::string_view name) const override;
    [[nodiscard]] bool any_of(const std::function<bool(const project_rules&)>& is_it) const override;

private:
    std::map<std::string, std::shared_ptr<const project_rules>, std::less<>> rules_;
    bool known_ = false;
};

} // namespace holdfast::policy
