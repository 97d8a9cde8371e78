#include "crds/application.hpp"
#include "crds/application_set.hpp"
#include "crds/crd.hpp"
#include "crds/project.hpp"
#include "crds/repository.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

/// holdfast-crdgen DIRECTORY: writes what is generated from the descriptions into the source tree at
/// DIRECTORY.
int main(int count, char** arguments) {
    namespace crds = holdfast::crds;
    if (count != 2 || arguments[1][0] == '-') {
        std::fputs(
            "usage: holdfast-crdgen DIRECTORY\nwrites crds/*.yaml and docs/api-reference.md there\n", stderr
        );
        return 2;
    }
    const std::filesystem::path root{arguments[1]};
    const std::pair<const char*, std::string> files[] = {
        {"crds/holdfast.dev_applications.yaml", crds::crd_yaml(crds::crd_of<crds::application>())},
        {"crds/holdfast.dev_applicationsets.yaml", crds::crd_yaml(crds::crd_of<crds::application_set>())},
        {"crds/holdfast.dev_projects.yaml", crds::crd_yaml(crds::crd_of<crds::project>())},
        {"crds/holdfast.dev_repositories.yaml", crds::crd_yaml(crds::crd_of<crds::repository>())},
        {"docs/api-reference.md", crds::api_reference()},
    };
    for (const auto& [name, content] : files) {
        const auto path = root / name;
        std::error_code failed;
        std::filesystem::create_directories(path.parent_path(), failed);
        std::ofstream file{path, std::ios::binary | std::ios::trunc};
        file << content;
        file.close();
        if (!file) {
            std::fprintf(stderr, "holdfast-crdgen: cannot write %s\n", path.c_str());
            return 1;
        }
        std::printf("%s\n", path.c_str());
    }
    return 0;
}
