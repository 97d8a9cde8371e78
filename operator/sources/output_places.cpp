#include "sources/output_places.hpp"

#include "render/links.hpp"

namespace holdfast::sources {

namespace {

// Stands for the directory of the source. No path and no sentence begins with it.
constexpr std::string_view mark = "\x01source\x01";

// "apps/web/a.yaml" → mark + "/a.yaml"; "apps/web: …" and "apps/web, …" → mark + ": …".
std::string without(std::string text, std::string_view path, bool is_place) {
    const auto name = render::name_of_directory(path);
    if (text.starts_with(name) && text.size() > name.size()) {
        const char next = text[name.size()];
        if (next == ':' || next == ',' || (next == '/' && !path.empty())) {
            return text.replace(0, name.size(), mark);
        }
    }
    return path.empty() && is_place && !text.empty() ? std::string{mark} + "/" + text : text;
}

} // namespace

void forget_directory(render::render_output& made, std::string_view path) {
    for (auto& m : made.objects) {
        m.from.file = without(std::move(m.from.file), path, /*is_place=*/true);
    }
    for (auto& warning : made.warnings) {
        warning = without(std::move(warning), path, /*is_place=*/false);
    }
}

std::string in_directory(std::string text, std::string_view path) {
    if (!text.starts_with(mark)) {
        return text;
    }
    const auto rest = text.substr(mark.size());
    if (!rest.starts_with('/')) {
        return render::name_of_directory(path) + rest;
    }
    return path.empty() ? rest.substr(1) : std::string{path} + rest;
}

} // namespace holdfast::sources
