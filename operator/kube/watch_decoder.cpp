#include "kube/watch_decoder.hpp"

#include "kube/json.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>

namespace holdfast::kube {

namespace {

std::optional<event_type> type_of(std::string_view name) {
    if (name == "ADDED") {
        return event_type::added;
    }
    if (name == "MODIFIED") {
        return event_type::modified;
    }
    if (name == "DELETED") {
        return event_type::deleted;
    }
    if (name == "BOOKMARK") {
        return event_type::bookmark;
    }
    if (name == "ERROR") {
        return event_type::error;
    }
    return std::nullopt;
}

error not_an_event(std::string_view why) {
    return internal_error("the watch sent a line that is not an event: " + std::string{why});
}

} // namespace

void watch_decoder::feed(std::string bytes) {
    if (at_ < chunk_.size()) {
        partial_.append(chunk_, at_);
    }
    chunk_ = std::move(bytes);
    at_ = 0;
}

result<std::optional<watch_event>> watch_decoder::next() {
    while (!broken_) {
        const auto end = chunk_.find('\n', at_);
        const auto stop = end == std::string::npos ? chunk_.size() : end;
        if (partial_.size() + (stop - at_) > max_line_) {
            broken_ = true;
            partial_.clear();
            return internal_error(
                "an event of the watch is longer than " + std::to_string(max_line_) + " bytes"
            );
        }
        if (end == std::string::npos) {
            partial_.append(chunk_, at_);
            at_ = chunk_.size();
            return std::optional<watch_event>{};
        }
        if (partial_.empty()) {
            // The common case: the line is whole in this chunk and is read where it lies.
            const std::string_view line{chunk_.data() + at_, end - at_};
            at_ = end + 1;
            if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
                return decode(line);
            }
            continue;
        }
        partial_.append(chunk_, at_, end - at_);
        at_ = end + 1;
        const std::string line = std::exchange(partial_, {});
        if (line.find_first_not_of(" \t\r") != std::string::npos) {
            return decode(line);
        }
    }
    return internal_error("the watch is broken: nothing more of it can be read");
}

result<std::optional<watch_event>> watch_decoder::decode(std::string_view line) {
    auto event = parse_watch_event(line);
    if (event.has_error()) {
        broken_ = true;
        return event.error();
    }
    return std::optional<watch_event>{std::move(*event)};
}

result<watch_event> parse_watch_event(std::string_view line) {
    // One block for the whole event, freed with it at once. Shared with copies, so that none of them dangles.
    const auto storage = json::make_shared_resource<json::monotonic_resource>(
        std::clamp<std::size_t>(line.size() * 2, 1024, std::size_t{1} << 20U)
    );
    boost::system::error_code code;
    auto value = json::parse(line, code, storage, server_json());
    if (code) {
        return not_an_event(code.message());
    }
    auto* event = value.if_object();
    if (event == nullptr) {
        return not_an_event("it is not an object");
    }
    const auto type = type_of(find_text(*event, {"type"}));
    if (!type) {
        return not_an_event("its type is \"" + std::string{find_text(*event, {"type"})} + "\"");
    }
    auto* object = event->if_contains("object");
    if (object == nullptr || !object->is_object()) {
        return not_an_event("it has no object");
    }
    return watch_event{*type, std::move(object->get_object())};
}

} // namespace holdfast::kube
