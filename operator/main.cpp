// Reads the options, and runs; anew where they changed.

#include "base/memory.hpp"
#include "export_command.hpp"
#include "health_command.hpp"
#include "operator.hpp"
#include "options.hpp"
#include "takeover_command.hpp"

#include <cstdio>
#include <string>
#include <vector>

int main(int argc, char** argv) {
    holdfast::keep_little_memory();
    holdfast::dump_no_core();
    auto line = holdfast::read_command_line({argv + 1, argv + argc});
    if (line.exit_code) {
        return *line.exit_code;
    }
    if (line.exported) {
        return holdfast::run_export(*line.exported);
    }
    if (line.checked) {
        return holdfast::run_takeover_check(*line.checked);
    }
    if (line.judged) {
        return holdfast::run_health(*line.judged);
    }
    if (line.converted) {
        return holdfast::run_convert(*line.converted);
    }
    for (;;) {
        auto options = holdfast::read_options(line.source);
        if (!options) {
            std::fprintf(stderr, "holdfast operator: %s\n", options.error().message().c_str());
            return 2;
        }
        switch (holdfast::run_operator(std::move(*options), line.source)) {
        case holdfast::outcome::ended: return 0;
        case holdfast::outcome::failed: return 1;
        case holdfast::outcome::again: break;
        }
    }
}
