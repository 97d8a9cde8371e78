#include "deliveries.hpp"

#include "base/base64.hpp"
#include "base/hash.hpp"

#include <boost/algorithm/string/predicate.hpp>

#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace holdfast::push::test {

namespace {

std::string hex_hmac(hmac_algorithm algorithm, std::string_view secret, std::string_view body) {
    const auto mac = hmac(algorithm, secret, body);
    return to_hex(reinterpret_cast<const unsigned char*>(mac.data()), mac.size()); // NOLINT: bytes as bytes
}

} // namespace

http::request_info recorded(const std::string& name) {
    std::ifstream file{std::string{HOLDFAST_TEST_DATA} + "/" + name + ".http"};
    if (!file) {
        throw std::runtime_error{"no data/" + name + ".http"};
    }
    http::request_info request;
    request.what.method = "POST";
    request.what.target = "/hooks/push";
    request.peer = "192.0.2.7:40000";
    for (std::string line; std::getline(file, line) && !line.empty();) {
        const auto colon = line.find(": ");
        request.what.headers.push_back({line.substr(0, colon), line.substr(colon + 2)});
    }
    std::ostringstream rest;
    rest << file.rdbuf();
    request.what.body = rest.str();
    return request;
}

void remove_header(http::request_info& request, std::string_view name) {
    std::erase_if(request.what.headers, [&](const http::header& h) {
        return boost::algorithm::iequals(h.name, name);
    });
}

void set_header(http::request_info& request, const std::string& name, const std::string& value) {
    remove_header(request, name);
    request.what.headers.push_back({name, value});
}

std::string proof_header(provider from) {
    switch (from) {
    case provider::github: return "X-Hub-Signature-256";
    case provider::gitlab: return "X-Gitlab-Token";
    case provider::gitea: return "X-Gitea-Signature";
    case provider::forgejo: return "X-Forgejo-Signature";
    case provider::gogs: return "X-Gogs-Signature";
    case provider::bitbucket_cloud:
    case provider::bitbucket_data_center: return "X-Hub-Signature";
    case provider::azure_devops: return "Authorization";
    case provider::generic: return "X-Signature";
    }
    return {};
}

wall_clock::time_point signing_time() {
    return wall_clock::time_point{std::chrono::seconds{1'760'000'000}};
}

http::request_info signed_with(http::request_info request, provider from, std::string_view secret) {
    const auto& body = request.what.body;
    switch (from) {
    case provider::github:
    case provider::bitbucket_cloud:
    case provider::bitbucket_data_center:
    case provider::generic:
        set_header(request, proof_header(from), "sha256=" + hex_hmac(hmac_algorithm::sha256, secret, body));
        break;
    case provider::gitea:
    case provider::forgejo:
    case provider::gogs:
        set_header(request, proof_header(from), hex_hmac(hmac_algorithm::sha256, secret, body));
        break;
    case provider::azure_devops:
        set_header(request, proof_header(from), "Basic " + base64_encode("holdfast:" + std::string{secret}));
        break;
    case provider::gitlab:
        if (!secret.starts_with("whsec_")) {
            set_header(request, proof_header(from), std::string{secret});
            break;
        }
        const auto time = std::to_string(
            std::chrono::duration_cast<std::chrono::seconds>(signing_time().time_since_epoch()).count()
        );
        const std::string id = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";
        set_header(request, "webhook-id", id);
        set_header(request, "webhook-timestamp", time);
        set_header(
            request, "webhook-signature",
            "v1," + base64_encode(hmac(
                        hmac_algorithm::sha256, base64_decode(secret.substr(6)).value(),
                        id + "." + time + "." + request.what.body
                    ))
        );
        break;
    }
    return request;
}

} // namespace holdfast::push::test
