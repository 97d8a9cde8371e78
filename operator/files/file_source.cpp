#include "files/file_source.hpp"

namespace holdfast::files {

result<std::unique_ptr<tree_reader>> file_source::read() const {
    if (!behind_) {
        return internal_error("there is no source to read files from");
    }
    return behind_->read();
}

std::string_view file_source::identity() const noexcept {
    return behind_ ? std::string_view{behind_->identity()} : std::string_view{};
}

file_source file_source::noting(std::shared_ptr<read_log> log) const {
    return behind_ ? file_source{behind_->noting(std::move(log))} : file_source{};
}

void file_source::note_revision() const {
    if (behind_) {
        behind_->note_revision();
    }
}

} // namespace holdfast::files
