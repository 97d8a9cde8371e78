#include "crds/bounded_status.hpp"

#include "base/bounded_text.hpp"
#include "base/redact.hpp"
#include "crds/described.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace holdfast::crds {

namespace {

constexpr std::size_t short_message = 256;
constexpr std::size_t long_message = 4096;

json::value* find(json::value& in, std::initializer_list<std::string_view> path) {
    auto* at = &in;
    for (const auto step : path) {
        auto* object = at->if_object();
        at = object != nullptr ? object->if_contains(step) : nullptr;
        if (at == nullptr) return nullptr;
    }
    return at;
}

json::array* find_list(json::value& in, std::initializer_list<std::string_view> path) {
    auto* found = find(in, path);
    return found != nullptr ? found->if_array() : nullptr;
}

/// What is said to people names URLs as builds name them, credentials in them included.
json::value with_redacted_messages(json::value of) {
    if (auto* object = of.if_object()) {
        for (auto& [key, value] : *object) {
            const auto* text = value.if_string();
            if (text != nullptr && key == "message") {
                value = without_credentials(*text);
            } else {
                value = with_redacted_messages(std::move(value));
            }
        }
    } else if (auto* list = of.if_array()) {
        for (auto& value : *list) {
            value = with_redacted_messages(std::move(value));
        }
    }
    return of;
}

/// Takes things out of a status until it fits.
class reduction {
public:
    reduction(json::object status, std::size_t budget)
        : status_(with_redacted_messages(std::move(status))), size_{stored_size(status_)}, budget_{budget} {}

    [[nodiscard]] bool fits() const noexcept { return size_ <= budget_; }

    /// Does not count towards the budget: it stays whatever it costs.
    void set_aside(std::initializer_list<std::string_view> path) {
        if (const auto* kept = find(status_, path)) budget_ += stored_size(*kept);
    }

    /// Members of each item of a list, of the first items first.
    void leave_out(
        std::initializer_list<std::string_view> list, std::initializer_list<std::string_view> members,
        std::string_view said_by
    ) {
        auto* items = find_list(status_, list);
        for (std::size_t i = 0; items != nullptr && i < items->size() && !fits(); ++i) {
            change((*items)[i], [&](json::value& item) {
                auto& object = item.as_object();
                bool left_out = false;
                for (const auto member : members)
                    left_out = object.erase(member) > 0 || left_out;
                if (left_out) object[said_by] = true;
            });
        }
    }

    void leave_out(std::initializer_list<std::string_view> from, std::string_view member) {
        auto* found = find(status_, from);
        auto* object = found != nullptr ? found->if_object() : nullptr;
        if (object == nullptr || !object->contains(member) || fits()) return;
        size_ -= stored_size(object->at(member));
        object->erase(member);
    }

    void shorten_each(
        std::initializer_list<std::string_view> list, std::initializer_list<std::string_view> member,
        std::size_t limit = short_message
    ) {
        auto* items = find_list(status_, list);
        for (auto i = items != nullptr ? items->size() : 0; i > 0 && !fits(); --i) {
            if (auto* text = find((*items)[i - 1], member)) shorten(*text, limit);
        }
    }

    void shorten(std::initializer_list<std::string_view> member) {
        if (auto* text = find(status_, member); text != nullptr && !fits()) shorten(*text, short_message);
    }

    void drop_last(std::initializer_list<std::string_view> list) {
        auto* items = find_list(status_, list);
        while (items != nullptr && !items->empty() && !fits()) {
            size_ -= stored_size(items->back());
            items->pop_back();
        }
        leave_out_if_empty(list);
    }

    void drop_first(std::initializer_list<std::string_view> list) {
        auto* items = find_list(status_, list);
        std::size_t count = 0;
        for (; items != nullptr && count < items->size() && !fits(); ++count)
            size_ -= stored_size((*items)[count]);
        if (count > 0) items->erase(items->begin(), items->begin() + static_cast<std::ptrdiff_t>(count));
        leave_out_if_empty(list);
    }

    json::object take() { return std::move(status_.get_object()); }

private:
    /// As writing does.
    void leave_out_if_empty(std::initializer_list<std::string_view> list) {
        auto* at = &status_;
        for (const auto* step = list.begin(); at != nullptr && step + 1 != list.end(); ++step)
            at = find(*at, {*step});
        auto* object = at != nullptr ? at->if_object() : nullptr;
        const auto* items = object != nullptr ? object->if_contains(*(list.end() - 1)) : nullptr;
        if (items != nullptr && items->is_array() && items->get_array().empty()) {
            object->erase(*(list.end() - 1));
        }
    }

    template <class Change>
    void change(json::value& at, Change how) {
        size_ -= stored_size(at);
        how(at);
        size_ += stored_size(at);
    }

    void shorten(json::value& text, std::size_t limit) {
        if (!text.is_string()) return;
        change(text, [limit](json::value& at) { at = cut_to_characters(at.get_string(), limit); });
    }

    json::value status_;
    std::size_t size_;
    std::size_t budget_;
};

std::size_t budget_beside(std::size_t rest_bytes) {
    const auto room = rest_bytes < max_object_bytes ? max_object_bytes - rest_bytes : 0;
    return std::clamp(room, least_status_bytes, max_status_bytes);
}

/// Entries of the history whose sources did not fit say so.
void mark_omitted_sources(json::object& status, const application_status& of) {
    auto* history = status.if_contains("history");
    if (history == nullptr || !history->is_array()) return;
    for (auto& item : history->get_array()) {
        auto& entry = item.as_object();
        if (entry.contains("source") || entry.contains("sources")) continue;
        const auto* id = entry.if_contains("id");
        const auto had_some = std::ranges::any_of(of.history, [&](const history_entry& each) {
            return id != nullptr && *id == each.id && (each.source || !each.sources.empty());
        });
        if (had_some) entry["sourcesOmitted"] = true;
    }
}

} // namespace

std::size_t stored_size(const json::value& value) {
    const auto text = json::serialize(value);
    // Go's encoder escapes these in six bytes.
    const auto escaped = std::ranges::count_if(text, [](char c) { return c == '<' || c == '>' || c == '&'; });
    return text.size() + 5 * static_cast<std::size_t>(escaped);
}

json::object bounded_status(const application_status& status, std::size_t rest_bytes) {
    auto made = bounded(
        description_of<application_status>(), write_structure(description_of<application_status>(), &status)
    );
    mark_omitted_sources(made, status);
    reduction reduced{std::move(made), budget_beside(rest_bytes)};
    reduced.set_aside({"operationState", "operation"});
    reduced.leave_out({"history"}, {"source", "sources"}, "sourcesOmitted");
    reduced.leave_out({"operationState", "syncResult"}, "source");
    reduced.leave_out({"operationState", "syncResult"}, "sources");
    reduced.shorten_each({"conditions"}, {"message"}, long_message);
    reduced.shorten_each({"operationState", "syncResult", "resources"}, {"message"});
    reduced.shorten_each({"resources"}, {"message"});
    reduced.shorten_each({"resources"}, {"health", "message"});
    reduced.drop_last({"operationState", "syncResult", "resources"});
    reduced.drop_last({"resources"});
    reduced.drop_first({"history"});
    reduced.shorten_each({"conditions"}, {"message"});
    reduced.shorten({"operationState", "message"});
    reduced.shorten({"health", "message"});
    reduced.drop_last({"pendingPrune", "resources"});
    reduced.drop_last({"summary", "images"});
    reduced.drop_last({"summary", "externalURLs"});
    auto fitting = reduced.take();
    if (const auto* summary = fitting.if_contains("summary");
        summary != nullptr && summary->as_object().empty()) {
        fitting.erase("summary");
    }
    return fitting;
}

json::object bounded_status(const repository_status& status, std::size_t rest_bytes) {
    reduction reduced{
        bounded(
            description_of<repository_status>(), write_structure(description_of<repository_status>(), &status)
        ),
        budget_beside(rest_bytes)
    };
    reduced.drop_last({"heads"});
    reduced.shorten_each({"conditions"}, {"message"});
    return reduced.take();
}

json::object bounded_status(const application_set_status& status, std::size_t rest_bytes) {
    reduction reduced{
        bounded(
            description_of<application_set_status>(),
            write_structure(description_of<application_set_status>(), &status)
        ),
        budget_beside(rest_bytes)
    };
    reduced.shorten_each({"resources"}, {"health", "message"});
    reduced.drop_last({"resources"});
    reduced.shorten_each({"conditions"}, {"message"});
    reduced.shorten({"health", "message"});
    return reduced.take();
}

} // namespace holdfast::crds
