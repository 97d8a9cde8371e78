// Reviews from whoever reaches the port, down to the judgement of the object within.
#include "admission/validator.hpp"
#include "unit/policy/fake_surroundings.hpp"

#include <boost/json/parse.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace holdfast;
    const std::string_view text{reinterpret_cast<const char*>(data), size}; // NOLINT: bytes to characters
    const auto read = admission::read_review(text);
    if (!read) {
        return 0;
    }
    static const policy::test::fake_surroundings around;
    const auto said = admission::decide(*read, around, "holdfast");
    const auto answer = admission::write_answer(*read, said);
    // It is JSON for this request, and a refusal has a reason.
    const auto response = json::parse(answer).at("response").as_object();
    if (response.at("uid") != read->uid || (!said.allowed && said.message.empty())) {
        std::abort();
    }
    return 0;
}
