#pragma once

#include "api/list.hpp"
#include "api/row.hpp"
#include "base/async.hpp"
#include "kube/pulse.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace holdfast::api {

/// Where in the order of changes somebody is.
using change_number = std::uint64_t;

/// The Applications that people may see, and the order in which they changed. What changed lately is kept by name
/// only, once for all who follow it: whoever is too far behind begins anew. On the loop's thread.
class board {
public:
    /// `epoch` is another one for each process: numbers of one mean nothing to another.
    explicit board(std::string epoch, std::size_t most_changes = 4'096);

    /// There is one, or it is another than before, in its row or in what else is shown of it.
    void put(row one);
    void remove(const application_name& id);

    [[nodiscard]] const rows& all() const noexcept { return rows_; }
    [[nodiscard]] const row* find(const application_name& id) const;
    [[nodiscard]] std::set<std::string, std::less<>> namespaces() const;

    /// The number of the last change.
    [[nodiscard]] change_number now() const noexcept { return last_; }
    /// A number as streams name it: "EPOCH.NUMBER"; and back, nothing for one of another process.
    [[nodiscard]] std::string name_of(change_number number) const;
    [[nodiscard]] std::optional<change_number> read_name(std::string_view text) const;

    struct changes {
        /// Of these another row is to be shown, or none.
        std::set<application_name> rows;
        /// Of these anything may be another.
        std::set<application_name> any;
    };
    /// What changed after that; nothing where that is not known any more.
    [[nodiscard]] std::optional<changes> since(change_number after) const;

    /// Returns when something changed after that, at `limit` at the latest.
    asio::awaitable<void> wait(change_number after, steady_clock::time_point limit);
    /// Wakes all who wait.
    void wake() { changed_.notify_all(); }

private:
    struct change {
        application_name id;
        bool of_row = false;
    };
    void note(const application_name& id, bool of_row);

    std::string epoch_;
    std::size_t most_;
    rows rows_;
    std::deque<change> recent_;
    change_number last_ = 0;
    kube::pulse changed_;
};

} // namespace holdfast::api
