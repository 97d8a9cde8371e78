#pragma once

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

namespace holdfast::test {

/// A directory of its own, gone with it.
class temporary_directory {
public:
    /// Its name begins so, for who finds one that was left behind. Throws std::system_error when it cannot be
    /// made.
    explicit temporary_directory(const std::string& prefix = "holdfast-test") {
        std::string name = (std::filesystem::temp_directory_path() / (prefix + "-XXXXXX")).string();
        if (::mkdtemp(name.data()) == nullptr) {
            throw std::system_error{errno, std::generic_category(), "mkdtemp " + name};
        }
        path_ = name;
    }
    ~temporary_directory() {
        if (!keep_) {
            std::error_code ignored;
            std::filesystem::remove_all(path_, ignored);
        }
    }
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    [[nodiscard]] std::string operator/(std::string_view name) const { return (path_ / name).string(); }

    /// Writes a file, and the directories it is in; its path.
    [[nodiscard]] std::string write(std::string_view name, std::string_view content) const {
        const auto file = path_ / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream{file} << content;
        return file.string();
    }
    /// The same for a program.
    [[nodiscard]] std::string program(std::string_view name, std::string_view content) const {
        auto file = write(name, content);
        std::filesystem::permissions(file, std::filesystem::perms::owner_all);
        return file;
    }

    /// Leaves it there in the end, for a person to look into.
    void keep() noexcept { keep_ = true; }

private:
    std::filesystem::path path_;
    bool keep_ = false;
};

} // namespace holdfast::test
