#include "kube/watch_decoder.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace holdfast::kube {
namespace {

const std::string three =
    R"({"type":"ADDED","object":{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}})"
    "\n"
    R"({"type":"MODIFIED","object":{"metadata":{"name":"b\nb ü"}}})"
    "\n"
    R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"12"}}})"
    "\n";

/// Feeds the chunks and gives the names that came out; "!" for an error.
std::vector<std::string> names(watch_decoder& decoder, const std::vector<std::string>& chunks) {
    std::vector<std::string> out;
    for (const auto& chunk : chunks) {
        decoder.feed(chunk);
        while (true) {
            auto event = decoder.next();
            if (event.has_error()) {
                out.emplace_back("!");
                return out;
            }
            if (!*event) {
                break;
            }
            out.emplace_back(name_of((*event)->object));
        }
    }
    return out;
}

BOOST_AUTO_TEST_SUITE(decoder)

BOOST_AUTO_TEST_CASE(events_come_out_whole_wherever_the_chunks_were_cut) {
    const std::vector<std::string> expected{"a", "b\nb ü", ""};
    for (std::size_t size = 1; size <= three.size(); ++size) {
        std::vector<std::string> chunks;
        for (std::size_t at = 0; at < three.size(); at += size) {
            chunks.push_back(three.substr(at, size));
        }
        watch_decoder d;
        const auto got = names(d, chunks);
        BOOST_TEST(got == expected, boost::test_tools::per_element());
    }
    for (std::size_t cut = 0; cut <= three.size(); ++cut) {
        watch_decoder d;
        const auto got = names(d, {three.substr(0, cut), three.substr(cut)});
        BOOST_TEST(got == expected, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(a_cut_line_at_the_end_is_no_event) {
    watch_decoder d;
    const std::vector<std::string> expected{"a", "b\nb ü"};
    BOOST_TEST(names(d, {three.substr(0, three.size() - 1)}) == expected, boost::test_tools::per_element());
    BOOST_TEST(d.buffered() > 0U);
}

BOOST_AUTO_TEST_CASE(empty_lines_and_carriage_returns_are_nothing) {
    watch_decoder d;
    const std::vector<std::string> expected{"a"};
    const auto line = three.substr(0, three.find('\n'));
    BOOST_TEST(names(d, {"\r\n\n", line + "\r\n", " \n"}) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(types_are_told_apart) {
    const auto type = [](std::string_view name) {
        return parse_watch_event(R"({"type":")" + std::string{name} + R"(","object":{}})").value().type;
    };
    BOOST_TEST((type("ADDED") == event_type::added));
    BOOST_TEST((type("MODIFIED") == event_type::modified));
    BOOST_TEST((type("DELETED") == event_type::deleted));
    BOOST_TEST((type("BOOKMARK") == event_type::bookmark));
    BOOST_TEST((type("ERROR") == event_type::error));
}

BOOST_AUTO_TEST_CASE(what_is_no_event_is_an_error_and_final) {
    for (const std::string line :
         {"<html>", "[]", "{}", R"({"type":"ADDED"})", R"({"type":"ADDED","object":1})",
          R"({"type":"RENAMED","object":{}})", R"({"type":"ADDED","object":{}} {})"}) {
        watch_decoder d;
        const auto got = names(d, {line + "\n" + three});
        BOOST_TEST(got.size() == 1U);
        BOOST_TEST(got.front() == "!");
        d.feed(three);
        BOOST_TEST(d.next().has_error());
    }
}

BOOST_AUTO_TEST_CASE(a_line_that_is_too_long_is_an_error_and_is_not_kept) {
    watch_decoder d{100};
    d.feed(std::string(60, 'x'));
    BOOST_TEST(d.next().has_value());
    d.feed(std::string(60, 'x'));
    const auto e = d.next();
    BOOST_REQUIRE(e.has_error());
    BOOST_TEST(e.error().message() == "an event of the watch is longer than 100 bytes");
    BOOST_TEST(d.buffered() <= 60U);
}

BOOST_AUTO_TEST_CASE(deeply_nested_objects_are_read_and_bottomless_ones_refused) {
    const auto nested = [](std::size_t depth) {
        std::string text = R"({"type":"ADDED","object":)";
        for (std::size_t i = 0; i < depth; ++i) {
            text += R"({"a":)";
        }
        text += "1" + std::string(depth, '}') + "}";
        return parse_watch_event(text);
    };
    BOOST_TEST(nested(200).has_value()); // the schema of a CRD, and who owns its fields
    BOOST_TEST(nested(100'000).has_error());
}

BOOST_AUTO_TEST_CASE(a_copy_outlives_its_event) {
    json::object copy;
    json::value part;
    {
        auto event = parse_watch_event(three.substr(0, three.find('\n')));
        copy = event->object;
        part = event->object.at("metadata");
    }
    BOOST_TEST(name_of(copy) == "a");
    BOOST_TEST(part.at("name").as_string() == "a");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::kube
