#include "charts/manifest.hpp"

#include "charts/address.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace holdfast::charts {

namespace json = boost::json;

namespace {

constexpr std::string_view config_type = "application/vnd.cncf.helm.config.v1+json";
constexpr std::string_view layer_type = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
// As helm wrote it before 3.7.
constexpr std::string_view old_layer_type = "application/tar+gzip";

json::parse_options shallow() {
    json::parse_options options;
    options.max_depth = 16;
    return options;
}

std::string_view text_of(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    if (value == nullptr || !value->is_string()) {
        return {};
    }
    return std::string_view{value->get_string()}.substr(0, 200);
}

error no_chart(const std::string& why) {
    return user_error("this is not a Helm chart: " + why);
}

} // namespace

std::optional<std::string> sha256_of(std::string_view digest) {
    if (digest.starts_with("sha256:")) {
        digest.remove_prefix(7);
    }
    std::string out{digest};
    for (auto& c : out) {
        c = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return std::nullopt;
        }
    }
    return out.size() == 64 ? std::optional{out} : std::nullopt;
}

result<chart_layer> read_manifest(std::string_view body) {
    boost::system::error_code ec;
    const auto value = json::parse(body, ec, {}, shallow());
    if (ec || !value.is_object()) {
        return transient_error("the manifest is not a JSON object");
    }
    const auto& manifest = value.get_object();
    const auto* config = manifest.if_contains("config");
    const auto* layers = manifest.if_contains("layers");
    if (config == nullptr || !config->is_object() || layers == nullptr || !layers->is_array()) {
        const auto kind = text_of(manifest, "mediaType");
        return no_chart(
            "the manifest is of another kind (" + std::string{kind.empty() ? "unnamed" : kind} + ")"
        );
    }
    if (const auto kind = text_of(config->get_object(), "mediaType"); kind != config_type) {
        return no_chart("its configuration is " + std::string{kind.empty() ? "of no kind" : kind});
    }
    std::optional<chart_layer> found;
    for (const auto& layer : layers->get_array()) {
        if (!layer.is_object()) {
            continue;
        }
        const auto& object = layer.get_object();
        const auto kind = text_of(object, "mediaType");
        if (kind != layer_type && kind != old_layer_type) {
            continue; // provenance
        }
        if (found) {
            return no_chart("it has more than one archive");
        }
        const auto digest = text_of(object, "digest");
        auto hex = digest.starts_with("sha256:") ? sha256_of(digest) : std::nullopt;
        const auto* size = object.if_contains("size");
        if (!hex || size == nullptr || !size->is_int64() || size->get_int64() <= 0) {
            return no_chart("its archive has no sha256 digest and size");
        }
        found = chart_layer{.digest = std::move(*hex), .size = static_cast<std::uint64_t>(size->get_int64())};
    }
    if (!found) {
        return no_chart("it has no archive of a chart");
    }
    return std::move(*found);
}

namespace {

// RFC 8288: "<target>; rel="next"", several behind commas.
std::string next_of(std::string_view link) {
    while (!link.empty()) {
        const auto open = link.find('<');
        const auto close = link.find('>', open == std::string_view::npos ? link.size() : open);
        if (open == std::string_view::npos || close == std::string_view::npos) {
            return {};
        }
        const auto target = link.substr(open + 1, close - open - 1);
        const auto end = std::min(link.find('<', close), link.size());
        const auto parameters = link.substr(close, end - close);
        if (parameters.find("rel=\"next\"") != std::string_view::npos ||
            parameters.find("rel=next") != std::string_view::npos) {
            return std::string{target};
        }
        link.remove_prefix(end);
    }
    return {};
}

} // namespace

result<tag_page> read_tags(std::string_view body, std::string_view link) {
    boost::system::error_code ec;
    const auto value = json::parse(body, ec, {}, shallow());
    if (ec || !value.is_object()) {
        return transient_error("the list of tags is not a JSON object");
    }
    tag_page page;
    if (const auto* tags = value.get_object().if_contains("tags"); tags != nullptr && tags->is_array()) {
        for (const auto& tag : tags->get_array()) {
            if (tag.is_string() && is_tag(tag.get_string())) {
                page.tags.emplace_back(tag.get_string());
            }
        }
    }
    page.next = next_of(link);
    return page;
}

} // namespace holdfast::charts
