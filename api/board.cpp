#include "api/board.hpp"

#include <charconv>
#include <utility>

namespace holdfast::api {

board::board(std::string epoch, std::size_t most_changes) : epoch_{std::move(epoch)}, most_{most_changes} {}

void board::put(row one) {
    const auto id = one.id;
    const auto [at, is_new] = rows_.try_emplace(id);
    const bool of_row = is_new || at->second != one;
    if (of_row) {
        at->second = std::move(one);
    }
    note(id, of_row);
}

void board::remove(const application_name& id) {
    if (rows_.erase(id) > 0) {
        note(id, /*of_row=*/true);
    }
}

void board::note(const application_name& id, bool of_row) {
    recent_.push_back({id, of_row});
    if (recent_.size() > most_) {
        recent_.pop_front();
    }
    ++last_;
    changed_.notify_all();
}

const row* board::find(const application_name& id) const {
    const auto at = rows_.find(id);
    return at == rows_.end() ? nullptr : &at->second;
}

std::set<std::string, std::less<>> board::namespaces() const {
    std::set<std::string, std::less<>> all;
    for (const auto& [id, one] : rows_) {
        all.insert(all.end(), id.namespace_); // they are in order
    }
    return all;
}

std::string board::name_of(change_number number) const {
    return epoch_ + "." + std::to_string(number);
}

std::optional<change_number> board::read_name(std::string_view text) const {
    if (!text.starts_with(epoch_ + ".")) {
        return std::nullopt;
    }
    text.remove_prefix(epoch_.size() + 1);
    change_number number = 0;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec != std::errc{} || read.ptr != end || number > last_) {
        return std::nullopt;
    }
    return number;
}

std::optional<board::changes> board::since(change_number after) const {
    const auto oldest = last_ - recent_.size();
    if (after < oldest || after > last_) {
        return std::nullopt;
    }
    changes made;
    for (auto at = recent_.begin() + static_cast<std::ptrdiff_t>(after - oldest); at != recent_.end(); ++at) {
        made.any.insert(at->id);
        if (at->of_row) {
            made.rows.insert(at->id);
        }
    }
    return made;
}

asio::awaitable<void> board::wait(change_number after, steady_clock::time_point limit) {
    if (after == last_) {
        (void)co_await changed_.wait_until(limit);
    }
}

} // namespace holdfast::api
