#include "sandbox/description.hpp"

#include <charconv>

namespace holdfast::sandbox {

namespace {

// One field after the other, in a fixed order: a number, or the length of a text and the text.
class writer {
public:
    void operator()(std::uint64_t value) { text += std::to_string(value) + ' '; }
    void operator()(bool value) { (*this)(std::uint64_t{value}); }
    void operator()(const std::string& value) {
        (*this)(std::uint64_t{value.size()});
        text += value;
    }
    template <class T>
    void operator()(const std::vector<T>& values) {
        (*this)(std::uint64_t{values.size()});
        for (const auto& v : values) {
            (*this)(v);
        }
    }
    std::string text;
};

class reader {
public:
    explicit reader(std::string_view text) noexcept : left_{text} {}

    void operator()(std::uint64_t& value) {
        const auto [end, ec] = std::from_chars(left_.data(), left_.data() + left_.size(), value);
        const auto length = static_cast<std::size_t>(end - left_.data());
        if (ec != std::errc{} || length >= left_.size() || left_[length] != ' ') {
            fail();
            value = 0;
            return;
        }
        left_.remove_prefix(length + 1);
    }
    void operator()(bool& value) {
        std::uint64_t number = 0;
        (*this)(number);
        value = number != 0;
    }
    void operator()(std::string& value) {
        std::uint64_t length = 0;
        (*this)(length);
        if (length > left_.size()) {
            return fail();
        }
        value = left_.substr(0, length);
        left_.remove_prefix(length);
    }
    template <class T>
    void operator()(std::vector<T>& values) {
        std::uint64_t count = 0;
        (*this)(count);
        // Each takes at least two characters, so a wrong count ends soon.
        for (std::uint64_t i = 0; i < count && good_; ++i) {
            (*this)(values.emplace_back());
        }
    }
    [[nodiscard]] bool complete() const noexcept { return good_ && left_.empty(); }

private:
    void fail() {
        good_ = false;
        left_ = {};
    }
    std::string_view left_;
    bool good_ = true;
};

template <class Visitor, class Description>
void each_field(Visitor& v, Description& d) {
    v(d.program);
    v(d.argv);
    v(d.environment);
    v(d.root);
    v(d.working_directory);
    v(d.readable);
    v(d.ports);
    v(d.only_given_programs);
    v(d.network);
    v(d.unix_sockets);
    v(d.filter);
    for (auto* number :
         {&d.landlock, &d.inherited, &d.uid, &d.parent, &d.deadline_ms, &d.memory, &d.cpu_ms, &d.file_size,
          &d.disk, &d.files, &d.processes, &d.open_files}) {
        v(*number);
    }
}

} // namespace

std::string encode(const description& d) {
    writer w;
    each_field(w, d);
    return std::move(w.text);
}

std::optional<description> decode(std::string_view text) {
    description d;
    reader r{text};
    each_field(r, d);
    return r.complete() ? std::optional{std::move(d)} : std::nullopt;
}

std::string encode(const report& r) {
    writer w;
    w(static_cast<std::uint64_t>(r.end));
    w(r.status);
    w(r.killed);
    w(r.text);
    return std::move(w.text);
}

std::optional<report> decode_report(std::string_view text) {
    report made;
    reader r{text};
    std::uint64_t end = 0;
    r(end);
    r(made.status);
    r(made.killed);
    r(made.text);
    if (!r.complete() || end > static_cast<std::uint64_t>(ending::failed)) {
        return std::nullopt;
    }
    made.end = static_cast<ending>(end);
    return made;
}

} // namespace holdfast::sandbox
