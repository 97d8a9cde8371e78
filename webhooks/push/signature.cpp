#include "push/signature.hpp"

namespace holdfast::push {

security_header security_header_of(const http::request_info& request, std::string_view name) {
    const auto values = request.find_all(name);
    if (values.size() > 1) {
        return {.value = {}, .problem = verdict::unreadable_signature};
    }
    if (values.empty() || values.front().empty()) {
        return {.value = {}, .problem = verdict::unsigned_delivery};
    }
    return {.value = std::string{values.front()}, .problem = verdict::genuine};
}

awaited_signature decided(verdict v) {
    awaited_signature known;
    known.decided = v;
    return known;
}

awaited_signature
await_hmac(hmac_algorithm algorithm, std::string mac, std::span<const std::string_view> secrets) {
    awaited_signature awaited;
    awaited.algorithm = algorithm;
    awaited.macs.push_back(std::move(mac));
    awaited.keys.assign(secrets.begin(), secrets.end());
    return awaited;
}

awaited_signature await_hex_header(
    const http::request_info& request, std::string_view name, bool bare,
    std::span<const std::string_view> secrets
) {
    const auto header = security_header_of(request, name);
    if (header.problem != verdict::genuine) {
        return decided(header.problem);
    }
    std::string_view text{header.value};
    if (!bare) {
        constexpr std::string_view prefix = "sha256=";
        if (!text.starts_with(prefix)) {
            return decided(verdict::unreadable_signature);
        }
        text.remove_prefix(prefix.size());
    }
    auto mac = from_hex(text);
    if (!mac || mac->size() != 32) {
        return decided(verdict::unreadable_signature);
    }
    return await_hmac(hmac_algorithm::sha256, std::move(*mac), secrets);
}

verdict check_token(std::string_view token, std::span<const std::string_view> secrets) {
    bool genuine = false;
    for (const auto secret : secrets) {
        genuine = equal_in_constant_time(token, secret) || genuine;
    }
    return genuine ? verdict::genuine : verdict::wrong_signature;
}

} // namespace holdfast::push
