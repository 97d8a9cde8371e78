// jq expressions, asked of the real holdfast-builder in the sandbox.

#include "builders/jq.hpp"

#include "support/coroutine.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>

namespace holdfast::builders {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

// "spec.list.1 spec.replicas" of each object, or what is wrong: "[1] message".
std::string text_of(const result<jq_answer>& answer) {
    if (!answer) return answer.error().message();
    std::string text;
    for (const auto& [position, message] : answer->errors) {
        text += "[" + std::to_string(position) + "] " + message;
    }
    for (const auto& fields : answer->fields) {
        text += text.empty() ? "" : " | ";
        for (const auto& field : fields) {
            std::string path;
            for (const auto& step : field) {
                path += (path.empty() ? "" : ".") + step;
            }
            text += path + " ";
        }
    }
    return text;
}

struct bench {
    asio::io_context context;
    worker_pool pool{2};
    test::temporary_directory directory{"holdfast-jq"};
    std::unique_ptr<sandbox::runner> runner;
    std::string program;

    bench() {
        sandbox::settings settings;
        settings.directory = (directory.path() / "builds").string();
        settings.supervisor = SANDBOX_PROGRAM;
        runner = std::move(sandbox::open(context.get_executor(), pool, settings).value());
        const auto* programs = std::getenv("HOLDFAST_PROGRAMS"); // NOLINT(concurrency-mt-unsafe)
        BOOST_REQUIRE_MESSAGE(programs != nullptr, "HOLDFAST_PROGRAMS is not set");
        program = std::string{programs} + "/holdfast-builder";
    }

    std::string ask(const std::vector<json::object>& objects, std::vector<std::string> expressions) {
        jq_question question;
        question.expressions = std::move(expressions);
        for (const auto& object : objects) {
            auto& asked = question.objects.emplace_back();
            asked.value = &object;
            for (std::size_t i = 0; i < question.expressions.size(); ++i) {
                asked.expressions.push_back(i);
            }
        }
        return text_of(test::run(context, ask_jq(*runner, pool, program, std::move(question), nullptr)));
    }
};

json::object object_of(std::string_view text) {
    return json::parse(text).as_object();
}

BOOST_AUTO_TEST_SUITE(jq)

BOOST_AUTO_TEST_CASE(all_objects_are_asked_at_once) {
    bench b;
    const std::vector objects{
        object_of(R"({"webhooks": [{"name": "a", "clientConfig": {"caBundle": "x"}}, {"name": "b"}]})"),
        object_of(R"({"spec": {"replicas": 2}})"),
        object_of("{}"),
    };
    BOOST_TEST(
        b.ask(objects, {".webhooks[].clientConfig.caBundle", ".spec.replicas"}) ==
        "webhooks.0.clientConfig.caBundle  | spec.replicas  | "
    );
    BOOST_TEST(b.ask(objects, {R"(.webhooks[] | select(.name == "a"))", ".webhooks"})
                   .starts_with("webhooks.0 webhooks  |"));
    BOOST_TEST(b.ask({}, {".a"}).empty());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_an_expression_is_told_by_its_position) {
    bench b;
    const std::vector objects{object_of(R"({"a": "a secret"})")};
    BOOST_TEST(b.ask(objects, {".a", ".b["}).starts_with("[1] it is not a jq expression: "));
    BOOST_TEST(b.ask({}, {".b["}).starts_with("[0] it is not a jq expression: "));
    BOOST_TEST(b.ask(objects, {"last(range(1e15)) | .a"}) == "[0] it does not end in time");
    // What fails in an object names nothing there, and is not repeated.
    BOOST_TEST(b.ask(objects, {"error(.a)"}).empty());
}

BOOST_AUTO_TEST_CASE(its_memory_is_bounded) {
    bench b;
    const auto said = b.ask({object_of("{}")}, {"[limit(1e9; repeat(\"xxxxxxxxxxxxxxxxxxxxxxxx\"))] | .a"});
    BOOST_TEST(
        (said.find("memory") != std::string::npos || said.find("does not end in time") != std::string::npos),
        said
    );
}

BOOST_AUTO_TEST_CASE(a_program_that_is_not_there_is_named) {
    bench b;
    b.program.clear();
    BOOST_TEST(b.ask({}, {".a"}).find("holdfast-builder") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_none_is_refused) {
    for (const auto* text :
         {"", "[]", R"({"paths":[]})", R"({"paths":[7]})", R"({"paths":[[7]]})", R"({"paths":[[[true]]]})",
          R"({"paths":[[[-1]]]})", R"({"errors":{"x":"y"}})", R"({"errors":{"0":1}})", R"({"errors":[]})"}) {
        BOOST_TEST(!read_jq_answer(text, 1).has_value(), text);
    }
    BOOST_TEST(read_jq_answer(R"({"paths":[[["a",1]]]})", 1).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::builders
