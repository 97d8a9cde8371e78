#include "engine/summary.hpp"

#include "kube/object.hpp"

#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::engine {

namespace {

constexpr std::array<std::string_view, 2> container_lists{"containers", "initContainers"};
// Argo CD's: `url`, or `title|url`.
constexpr std::string_view link_prefix = "link.argocd.argoproj.io/";

class reader {
public:
    void read(const json::object& object) {
        for (const auto* pod :
             {kube::find_object(object, {"spec"}), kube::find_object(object, {"spec", "template", "spec"}),
              kube::find_object(object, {"spec", "jobTemplate", "spec", "template", "spec"})}) {
            if (pod != nullptr) {
                read_pod(*pod);
            }
        }
        const auto gvk = kube::gvk_of(object);
        if (gvk.kind == "Ingress" && (gvk.group == "networking.k8s.io" || gvk.group == "extensions")) {
            read_ingress(object);
        }
        if (const auto* annotations = kube::find_object(object, {"metadata", "annotations"})) {
            for (const auto& [name, value] : *annotations) {
                if (std::string_view{name}.starts_with(link_prefix) && value.is_string()) {
                    const auto& said = value.get_string();
                    const std::string_view text{said.data(), said.size()};
                    add_url(std::string{text.substr(text.rfind('|') + 1)});
                }
            }
        }
    }

    crds::application_summary take() {
        return {
            .images = first_of(images_, crds::max_status_images),
            .external_urls = first_of(urls_, crds::max_status_urls)
        };
    }

private:
    void read_pod(const json::object& pod) {
        for (const auto list : container_lists) {
            const auto* all = kube::find_array(pod, {list});
            for (std::size_t i = 0; all != nullptr && i < all->size(); ++i) {
                const auto* container = (*all)[i].if_object();
                const auto image =
                    container == nullptr ? std::string_view{} : kube::find_text(*container, {"image"});
                if (!image.empty()) {
                    images_.emplace(image);
                }
            }
        }
    }

    void read_ingress(const json::object& object) {
        std::set<std::string, std::less<>> with_tls;
        const auto* tls = kube::find_array(object, {"spec", "tls"});
        for (std::size_t i = 0; tls != nullptr && i < tls->size(); ++i) {
            const auto* one = (*tls)[i].if_object();
            const auto* hosts = one == nullptr ? nullptr : kube::find_array(*one, {"hosts"});
            for (std::size_t k = 0; hosts != nullptr && k < hosts->size(); ++k) {
                if (const auto* host = (*hosts)[k].if_string()) {
                    with_tls.emplace(host->data(), host->size());
                }
            }
        }
        const auto* rules = kube::find_array(object, {"spec", "rules"});
        for (std::size_t i = 0; rules != nullptr && i < rules->size(); ++i) {
            const auto* rule = (*rules)[i].if_object();
            const auto host = rule == nullptr ? std::string_view{} : kube::find_text(*rule, {"host"});
            if (host.empty() || host.starts_with('*')) {
                continue; // nobody can tell what to open
            }
            const auto base = (with_tls.contains(host) ? "https://" : "http://") + std::string{host};
            const auto* paths = kube::find_array(*rule, {"http", "paths"});
            if (paths == nullptr || paths->empty()) {
                add_url(base + "/");
            }
            for (std::size_t k = 0; paths != nullptr && k < paths->size(); ++k) {
                const auto* path = (*paths)[k].if_object();
                auto text = path == nullptr ? std::string{} : std::string{kube::find_text(*path, {"path"})};
                while (text.ends_with('*')) {
                    text.pop_back();
                }
                add_url(base + (text.starts_with('/') ? text : "/" + text));
            }
        }
    }

    void add_url(std::string url) {
        if (url.starts_with("https://") || url.starts_with("http://")) {
            urls_.insert(std::move(url));
        }
    }

    static std::vector<std::string> first_of(const std::set<std::string>& all, std::size_t most) {
        std::vector<std::string> made;
        for (const auto& one : all) {
            if (made.size() == most) {
                break;
            }
            made.push_back(one);
        }
        return made;
    }

    std::set<std::string> images_;
    std::set<std::string> urls_;
};

} // namespace

crds::application_summary summary_of(std::span<const sync::desired_object> objects) {
    reader all;
    for (const auto& one : objects) {
        all.read(one.manifest);
    }
    return all.take();
}

} // namespace holdfast::engine
