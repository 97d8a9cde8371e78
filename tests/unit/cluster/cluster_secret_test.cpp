#include "cluster/cluster_secret.hpp"

#include "base/base64.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

namespace holdfast::cluster {
namespace {

namespace json = boost::json;

using fields = std::vector<std::pair<std::string, std::string>>;

json::object secret(const fields& data) {
    json::object encoded;
    for (const auto& [key, value] : data) {
        encoded[key] = base64_encode(value);
    }
    auto made = json::parse(R"({"apiVersion":"v1","kind":"Secret","metadata":{"namespace":"holdfast",
        "name":"east","labels":{"argocd.argoproj.io/secret-type":"cluster","region":"east"},
        "annotations":{"tier":"gold"}}})")
                    .as_object();
    made["data"] = std::move(encoded);
    return made;
}

const std::string pem = base64_encode("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n");

std::string tls(const std::string& members) {
    return R"({"tlsClientConfig":{)" + members + "}}";
}

BOOST_AUTO_TEST_SUITE(cluster_secrets)

BOOST_AUTO_TEST_CASE(all_of_it_is_read) {
    const auto read = read_cluster_secret(secret(
        {{"name", " east "},
         {"server", "https://10.0.0.1:6443//"},
         {"namespaces", "shop, web,,shop"},
         {"clusterResources", "true"},
         {"project", "team"},
         {"config",
          R"({"bearerToken":"t0ken","proxyUrl":"http://proxy:3128","disableCompression":true,"tlsClientConfig":)"
          R"({"serverName":"api","caData":")" +
              pem + R"(","certData":")" + pem + R"(","keyData":")" + pem + R"("}})"}}
    ));
    BOOST_REQUIRE_MESSAGE(read, read.error().message());
    BOOST_TEST(read->secret == "east");
    BOOST_TEST(read->name == "east");
    BOOST_TEST(read->server == "https://10.0.0.1:6443");
    BOOST_TEST(
        read->namespaces == (std::vector<std::string>{"shop", "web"}), boost::test_tools::per_element()
    );
    BOOST_TEST(read->cluster_resources);
    BOOST_TEST(read->project == "team");
    BOOST_TEST(read->labels.at("region") == "east");
    BOOST_TEST(read->annotations.at("tier") == "gold");
    BOOST_TEST(!read->is_home());
    const auto& c = read->connection;
    BOOST_TEST(c.http.url == "https://10.0.0.1:6443");
    BOOST_TEST(c.http.proxy == "http://proxy:3128");
    BOOST_TEST(c.http.tls.server_name == "api");
    BOOST_TEST(c.http.tls.ca.starts_with("-----BEGIN"));
    BOOST_TEST(!c.http.tls.certificate.empty());
    BOOST_TEST(!c.http.tls.key.empty());
    BOOST_REQUIRE(std::holds_alternative<kube::token_credentials>(c.credentials));
    BOOST_TEST(std::get<kube::token_credentials>(c.credentials).token == "t0ken");
    BOOST_TEST(c.origin == "cluster east (Secret holdfast/east)");
}

BOOST_AUTO_TEST_CASE(what_is_not_said_has_the_field_s_defaults) {
    const auto read = read_cluster_secret(secret({{"server", "https://kubernetes.default.svc"}}));
    BOOST_REQUIRE(read);
    BOOST_TEST(read->is_home());
    BOOST_TEST(read->name.empty());
    BOOST_TEST(read->namespaces.empty());
    BOOST_TEST(!read->cluster_resources);
    BOOST_TEST(std::holds_alternative<kube::no_credentials>(read->connection.credentials));

    const auto basic = read_cluster_secret(
        secret({{"server", "https://a"}, {"config", R"({"username":"u","password":"p","bearerToken":null})"}})
    );
    BOOST_REQUIRE(basic);
    BOOST_TEST(std::get<kube::basic_credentials>(basic->connection.credentials).username == "u");
    const auto insecure =
        read_cluster_secret(secret({{"server", "https://a"}, {"config", tls(R"("insecure":true)")}}));
    BOOST_REQUIRE(insecure);
    BOOST_TEST(insecure->connection.http.tls.insecure_skip_verify);
}

BOOST_AUTO_TEST_CASE(only_what_a_connection_is_made_of_makes_another_one) {
    const fields first{{"server", "https://a"}, {"config", R"({"bearerToken":"one"})"}};
    auto renamed = first;
    renamed.push_back({"name", "b"});
    auto changed = first;
    changed[1].second = R"({"bearerToken":"two"})";
    const auto key = read_cluster_secret(secret(first))->connection_key;
    BOOST_TEST(read_cluster_secret(secret(renamed))->connection_key == key);
    BOOST_TEST(read_cluster_secret(secret(changed))->connection_key != key);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named_with_its_place_and_without_its_value) {
    struct row {
        const char* what;
        fields data;
        std::vector<std::string> says;
    };
    const auto with = [](std::string config) {
        return fields{{"server", "https://a"}, {"config", std::move(config)}};
    };
    for (const auto& r : std::vector<row>{
             {"no server", {{"name", "a"}}, {"data.server", "must be there", "https://"}},
             {"no URL", {{"server", "10.0.0.1"}}, {"data.server"}},
             {"another scheme", {{"server", "ftp://a"}}, {"data.server"}},
             {"a user in it", {{"server", "https://u:s3cret@a"}}, {"data.server", "data.config"}},
             {"a query", {{"server", "https://a?b=c"}}, {"data.server"}},
             {"scope",
              {{"server", "https://a"}, {"clusterResources", "yes"}},
              {"data.clusterResources", "\"true\""}},
             {"namespaces", {{"server", "https://a"}, {"namespaces", "a b"}}, {"data.namespaces", "commas"}},
             {"not JSON", with("{bearerToken: s3cret}"), {"data.config", "is not JSON"}},
             {"no object", with(R"("s3cret")"), {"data.config", "JSON object"}},
             {"no text", with(R"({"bearerToken":7})"), {"bearerToken", "must be a text"}},
             {"two lines", with(R"({"bearerToken":"s3cret\nb"})"), {"bearerToken", "one line"}},
             {"two ways",
              with(R"({"bearerToken":"s3cret","username":"u"})"),
              {"bearerToken", "username", "only one"}},
             {"half", with(R"({"password":"s3cret"})"), {"password", "username is not"}},
             {"proxy", with(R"({"proxyUrl":"s3cret"})"), {"proxyUrl", "http://proxy:3128"}},
             {"tls is a list", with(R"({"tlsClientConfig":[]})"), {"tlsClientConfig", "object"}},
             {"insecure is a text",
              with(tls(R"("insecure":"true")")),
              {"tlsClientConfig.insecure", "true or false"}},
             {"no base64", with(tls(R"("caData":"s3cret%")")), {"tlsClientConfig.caData", "PEM in base64"}},
             {"no PEM", with(tls(R"("caData":"czNjcmV0")")), {"tlsClientConfig.caData", "PEM in base64"}},
             {"both",
              with(tls(R"("insecure":true,"caData":")" + pem + "\"")),
              {"insecure", "caData", "exclude"}},
             {"no key",
              with(tls(R"("certData":")" + pem + "\"")),
              {"tlsClientConfig.keyData", "must be there"}},
             {"no certificate",
              with(tls(R"("keyData":")" + pem + "\"")),
              {"tlsClientConfig.certData", "must be there"}},
             {"exec",
              with(R"({"execProviderConfig":{"command":"s3cret"}})"),
              {"execProviderConfig", "runs no programs", "bearerToken"}},
             {"aws", with(R"({"awsAuthConfig":{"clusterName":"s3cret"}})"), {"awsAuthConfig", "bearerToken"}},
         }) {
        const auto read = read_cluster_secret(secret(r.data));
        BOOST_REQUIRE_MESSAGE(!read, r.what);
        BOOST_TEST((read.error().kind() == error_kind::user), r.what);
        const auto text = read.error().message();
        BOOST_TEST(text.starts_with("Secret holdfast/east: data."), r.what << ": " << text);
        for (const auto& part : r.says) {
            BOOST_TEST(text.find(part) != text.npos, r.what << ": " << text);
        }
        BOOST_TEST(text.find("s3cret") == text.npos, r.what << ": " << text);
    }
    auto broken = secret({});
    broken["data"] = json::object{{"server", "%%%"}};
    BOOST_TEST(read_cluster_secret(broken).error().message().find("is not base64") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::cluster
