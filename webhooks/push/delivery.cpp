#include "push/delivery.hpp"

#include "push/form_payload.hpp"
#include "push/scheme.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace holdfast::push {

namespace {

// Forgejo sends Gitea's headers too, Gitea sends Gogs', and all three send GitHub's: the most special first.
// Generic is last: it is recognised by a signature alone.
constexpr std::array<const scheme*, 9> schemes{
    &forgejo_scheme,
    &gitea_scheme,
    &gogs_scheme,
    &github_scheme,
    &gitlab_scheme,
    &bitbucket_cloud_scheme,
    &bitbucket_data_center_scheme,
    &azure_devops_scheme,
    &generic_scheme,
};

const scheme& scheme_of(provider p) {
    const auto* const found =
        std::find_if(schemes.begin(), schemes.end(), [p](const scheme* s) { return s->is == p; });
    return **found;
}

constexpr std::size_t max_delivery_id = 128;

} // namespace

std::string_view to_string(provider p) noexcept {
    switch (p) {
    case provider::github: return "github";
    case provider::gitlab: return "gitlab";
    case provider::gitea: return "gitea";
    case provider::forgejo: return "forgejo";
    case provider::gogs: return "gogs";
    case provider::bitbucket_cloud: return "bitbucket-cloud";
    case provider::bitbucket_data_center: return "bitbucket-data-center";
    case provider::azure_devops: return "azure-devops";
    case provider::generic: return "generic";
    }
    return "generic";
}

std::optional<provider> recognise(const http::request_info& request) {
    for (const auto* s : schemes) {
        if (s->recognises(request)) {
            return s->is;
        }
    }
    return std::nullopt;
}

struct claim_reader::parts {
    const scheme& of;
    const http::request_info& request;
    body_fields fields;
    std::optional<form_payload> form;
    bool begun = false; // something of the body came that is no space
};

claim_reader::claim_reader(provider from, const http::request_info& request)
    : parts_{std::make_unique<parts>(
          parts{scheme_of(from), request, body_fields{scheme_of(from).places}, {}, false}
      )} {
    // The content type that GitHub offers first.
    if (header_of(request, "Content-Type").starts_with("application/x-www-form-urlencoded")) {
        parts_->form.emplace();
    }
}

claim_reader::~claim_reader() = default;

result<void> claim_reader::add(std::string_view piece) {
    if (!parts_->begun) {
        piece.remove_prefix(std::min(piece.find_first_not_of(" \t\r\n"), piece.size()));
        if (piece.empty()) {
            return {};
        }
        parts_->begun = true;
        // curl -d calls everything a form. No form begins with a brace: browsers and providers encode it.
        if (piece.front() == '{') {
            parts_->form.reset();
        }
    }
    if (!parts_->form) {
        return parts_->fields.add(piece);
    }
    auto decoded = parts_->form->decode(piece);
    if (!decoded) {
        return decoded.error();
    }
    return parts_->fields.add(*decoded);
}

claim claim_reader::so_far() const {
    auto said = parts_->of.read(parts_->request, parts_->fields);
    said.from = parts_->of.is;
    std::sort(said.urls.begin(), said.urls.end());
    said.urls.erase(std::unique(said.urls.begin(), said.urls.end()), said.urls.end());
    if (said.urls.size() > max_urls) {
        said.urls.resize(max_urls);
    }
    if (said.refs.size() > max_refs) {
        said.refs.clear(); // any may have moved
    }
    return said;
}

result<claim> claim_reader::finish() {
    if (parts_->form) {
        if (auto ended = parts_->form->finish(); !ended) {
            return ended.error();
        }
    }
    if (auto ended = parts_->fields.finish(); !ended) {
        return ended.error();
    }
    auto said = so_far();
    if (said.what == claim::kind::push && said.urls.empty()) {
        return user_error(std::string{parts_->of.without_address});
    }
    return said;
}

result<claim> read_claim(provider from, const http::request_info& request) {
    claim_reader reader{from, request};
    if (auto taken = reader.add(request.what.body); !taken) {
        return taken.error();
    }
    return reader.finish();
}

std::string_view explain(verdict v) noexcept {
    switch (v) {
    case verdict::genuine: return "it is genuine";
    case verdict::no_secret: return "there is no secret to check its signature with";
    case verdict::unsigned_delivery: return "it bears no signature: set the secret in the webhook's settings";
    case verdict::unreadable_signature:
        return "its signature is not of the form or algorithm that is accepted";
    case verdict::stale: return "its time of signing is more than five minutes away from now";
    case verdict::wrong_signature: return "its signature was made with none of the secrets";
    }
    return "";
}

signature_check::signature_check(
    provider from, const http::request_info& request, std::span<const std::string> secrets,
    wall_clock::time_point now
) {
    std::vector<std::string_view> usable;
    for (std::string_view secret : secrets) {
        if (secret.ends_with('\n')) {
            secret.remove_suffix(secret.ends_with("\r\n") ? 2 : 1);
        }
        if (!secret.empty()) {
            usable.push_back(secret);
        }
    }
    if (usable.empty()) {
        return;
    }
    auto awaited = scheme_of(from).verify(request, usable, now);
    known_ = awaited.decided.value_or(verdict::wrong_signature);
    if (awaited.decided) {
        return;
    }
    macs_ = std::move(awaited.macs);
    if_right_ = awaited.if_right;
    for (const auto& key : awaited.keys) {
        streams_.emplace_back(awaited.algorithm, key).add(awaited.before_body);
    }
}

void signature_check::add(std::string_view piece) {
    for (auto& stream : streams_) {
        stream.add(piece);
    }
}

verdict signature_check::finish() {
    bool right = false;
    for (auto& stream : streams_) {
        const auto made = stream.finish();
        for (const auto& mac : macs_) {
            right = equal_in_constant_time(mac, made) || right;
        }
    }
    return right ? if_right_ : known_;
}

verdict verify(
    provider from, const http::request_info& request, std::span<const std::string> secrets,
    wall_clock::time_point now
) {
    signature_check check{from, request, secrets, now};
    check.add(request.what.body);
    return check.finish();
}

bool signs_each_body(provider from, const http::request_info& request) {
    if (from == provider::gitlab) {
        return has_header(request, "webhook-signature"); // else it sends its token as it is
    }
    return scheme_of(from).signs_bodies;
}

std::string header_of(const http::request_info& request, std::string_view name) {
    const auto value = request.find(name);
    return value ? std::string{value->substr(0, 256)} : std::string{};
}

std::string delivery_id_of(const http::request_info& request, std::string_view name) {
    auto id = header_of(request, name);
    const bool plain = std::all_of(id.begin(), id.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    return plain && id.size() <= max_delivery_id ? id : std::string{};
}

} // namespace holdfast::push
