// What comes from users and from Git servers as text: URLs, revisions, version ranges, listings, complaints.
#include "git/failure.hpp"
#include "git/revision.hpp"
#include "git/url.hpp"
#include "match/semver.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace holdfast::git;
    if (size == 0) {
        return 0;
    }
    const std::string_view text{
        reinterpret_cast<const char*>(data) + 1, size - 1
    }; // NOLINT: bytes to characters
    switch (data[0] % 5) {
    case 0: {
        const auto u = url::parse(text);
        // The normal form is a fixed point, and what passes cannot be taken for an option.
        if (u && (u->text().starts_with('-') || u->host().starts_with('-') ||
                  !covers(u->normalised(), u->normalised()))) {
            std::abort();
        }
        break;
    }
    case 1: {
        const auto r = holdfast::match::revision::parse(text);
        if (r && (r->text.empty() || r->text.starts_with('-'))) {
            std::abort();
        }
        break;
    }
    case 2: {
        const auto split = text.find('\n');
        const auto range = holdfast::match::version_range::parse(text.substr(0, split));
        const auto v = holdfast::match::version::parse(
            split == std::string_view::npos ? "1.2.3" : text.substr(split + 1)
        );
        if (range && v) {
            static_cast<void>(range->contains(*v));
        }
        break;
    }
    case 3: {
        const auto refs = ref_list::parse(text);
        if (refs) {
            for (const auto* name : {"", "main", "^1", "1.x", "abcdef0"}) {
                static_cast<void>(resolve(*holdfast::match::revision::parse(name), *refs));
            }
        }
        break;
    }
    default:
        if (scrub(text, {"secret"}, 500).find("secret") != std::string::npos) {
            std::abort();
        }
    }
    return 0;
}
