#include "policy/sync_windows.hpp"

#include "base/duration.hpp"
#include "base/timestamp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::policy {

using namespace std::chrono;
using time = system_clock::time_point;

namespace {

/// Farther nobody looks ahead.
constexpr days in_sight{35};
constexpr int most_starts = 5000;
constexpr int most_changes = 200;
/// A window is open from right after its start on.
constexpr milliseconds right_after{1};

// The next start after `after`, as the window's clock has it: with at_now both are ahead by `ahead`.
std::optional<time> start_after(const compiled_window& window, time after, seconds ahead) {
    const auto found = window.starts.next(floor<seconds>(after + ahead), window.schedule_zone);
    return found ? std::optional{time{*found} - ahead} : std::nullopt;
}

seconds ahead_of(const compiled_window& window, time now) {
    return window.clock == window_clock::at_now ? window.zone.offset_at(floor<seconds>(now)) : seconds{0};
}

std::vector<match::glob>
globs_of(const std::vector<std::string>& patterns, std::string_view field, std::optional<window_flaw>& flaw) {
    std::vector<match::glob> made;
    for (const auto& pattern : patterns) {
        auto compiled = match::glob::compile(match::glob_dialect::gobwas, pattern);
        if (compiled) {
            made.push_back(std::move(*compiled));
        } else if (!flaw) {
            flaw = window_flaw{.field = std::string{field}, .message = compiled.error().message()};
        }
    }
    return made;
}

bool any_matches(const std::vector<match::glob>& globs, const std::string& text) {
    return std::ranges::any_of(globs, [&](const match::glob& one) { return one.matches(text); });
}

std::string described(const compiled_window& window) {
    return fmt::format(
        "the {} window {}", window.kind == crds::window_kind::deny ? "deny" : "allow", window.text
    );
}

} // namespace

std::optional<compiled_window>
compile(const crds::sync_window& window, window_clock clock, window_flaw& flaw) {
    compiled_window made{.kind = window.kind};
    auto starts = match::cron::parse(window.schedule);
    if (!starts) {
        flaw = {
            "schedule",
            fmt::format("cannot parse schedule '{}': {}", window.schedule, starts.error().message())
        };
        return std::nullopt;
    }
    const auto duration = parse_duration(window.duration);
    if (!duration) {
        flaw = {
            "duration",
            fmt::format("cannot parse duration '{}': {}", window.duration, duration.error().message())
        };
        return std::nullopt;
    }
    const auto in_schedule = match::time_zone::find(starts->zone());
    if (!in_schedule) {
        flaw = {
            "schedule",
            fmt::format("cannot parse schedule '{}': {}", window.schedule, in_schedule.error().message())
        };
        return std::nullopt;
    }
    auto zone = match::time_zone::find(window.time_zone);
    if (!zone && clock == window_clock::at_start) {
        flaw = {"timeZone", zone.error().message()};
        return std::nullopt;
    }
    if (clock == window_clock::at_start && !starts->zone().empty() && !window.time_zone.empty() &&
        starts->zone() != window.time_zone) {
        flaw = {
            "timeZone",
            fmt::format(
                "is {} and the schedule says {}: only one can be right", window.time_zone, starts->zone()
            )
        };
        return std::nullopt;
    }
    made.zone = zone ? std::move(*zone) : match::time_zone{};
    const bool is_in_schedule = clock == window_clock::at_now || !starts->zone().empty();
    made.schedule_zone = is_in_schedule ? *in_schedule : made.zone;
    made.starts = std::move(*starts);
    made.duration = *duration;
    made.clock = clock;
    made.manual_sync = window.manual_sync;
    made.sync_overrun = window.sync_overrun;
    made.text = fmt::format(
        "\"{}\" for {} ({})", window.schedule, window.duration,
        clock == window_clock::at_now ? made.zone.name() : made.schedule_zone.name()
    );
    return made;
}

std::vector<crds::problem>
surprises_of(const std::vector<crds::sync_window>& windows, window_clock clock, time now) {
    std::vector<crds::problem> told;
    for (std::size_t i = 0; i < windows.size(); ++i) {
        const auto& written = windows[i];
        const auto path = fmt::format("spec.syncWindows[{}]", i);
        if (written.applications.empty() && written.namespaces.empty() && written.clusters.empty()) {
            told.push_back(
                {path,
                 "is for no application: name some in applications, namespaces or clusters (\"*\" for all)"}
            );
            continue;
        }
        window_flaw flaw;
        const auto window = compile(written, clock, flaw);
        if (!window) {
            continue;
        }
        const bool denies = window->kind == crds::window_kind::deny;
        if (window->duration <= window->duration.zero() || !start_after(*window, now, seconds{0})) {
            told.push_back(
                {path, denies ? "never opens, so it denies nothing"
                              : "never opens, so no sync of what it is for is allowed"}
            );
        } else if (is_active(*window, now) && !next_change(*window, now)) {
            told.push_back(
                {path, denies ? "does not close for a long time: no sync of what it is for is allowed"
                              : "does not close for a long time, so it limits nothing"}
            );
        }
    }
    return told;
}

bool is_active(const compiled_window& window, time now) {
    const auto start = start_after(
        window, now - duration_cast<system_clock::duration>(window.duration), ahead_of(window, now)
    );
    return start && *start < now;
}

std::optional<time> next_change(const compiled_window& window, time now) {
    const auto lasts = duration_cast<system_clock::duration>(window.duration);
    if (lasts <= lasts.zero()) {
        return std::nullopt;
    }
    const auto limit = now + in_sight;
    const auto ahead = ahead_of(window, now);
    // With at_now another offset is another question.
    std::optional<time> turn;
    if (window.clock == window_clock::at_now) {
        const auto end = window.zone.stretch_at(floor<seconds>(now)).end;
        if (end < floor<seconds>(limit)) {
            turn = end;
        }
    }
    auto start = start_after(window, now - lasts, ahead);
    std::optional<time> change;
    if (start && *start >= now) {
        change = *start + right_after;
    } else if (start) {
        // Starts that follow before the end make it longer.
        for (int i = 0; i < most_starts; ++i) {
            const auto end = *start + lasts;
            if (end > limit) {
                return turn;
            }
            const auto next = start_after(window, *start, ahead);
            if (!next || *next > end) {
                change = end;
                break;
            }
            start = next;
        }
    }
    if (change && *change > limit) {
        change.reset();
    }
    return turn && (!change || *turn < *change) ? turn : change;
}

sync_windows::sync_windows(
    const std::vector<crds::sync_window>& windows, window_clock clock, std::string prefix
) {
    for (std::size_t i = 0; i < windows.size(); ++i) {
        const auto& written = windows[i];
        entry made;
        made.and_operator = written.and_operator;
        std::optional<window_flaw> flaw;
        made.applications = globs_of(written.applications, "applications", flaw);
        made.namespaces = globs_of(written.namespaces, "namespaces", flaw);
        made.clusters = globs_of(written.clusters, "clusters", flaw);
        // Argo CD passes over a pattern that it cannot read.
        made.has_flawed_lists = flaw.has_value() && clock == window_clock::at_start;
        window_flaw of_window;
        made.window = compile(written, clock, of_window);
        if (!made.window) {
            made.flaw = of_window.message;
            problems_.push_back({fmt::format("{}[{}].{}", prefix, i, of_window.field), of_window.message});
        }
        if (flaw) {
            problems_.push_back({fmt::format("{}[{}].{}", prefix, i, flaw->field), flaw->message});
            if (made.has_flawed_lists && made.flaw.empty()) {
                made.flaw = flaw->message;
            }
        }
        windows_.push_back(std::move(made));
    }
}

bool sync_windows::is_for(const entry& one, const window_facts& facts) {
    if (one.has_flawed_lists) {
        return true;
    }
    const auto& cluster = facts.cluster_name.empty() ? facts.server : facts.cluster_name;
    const std::pair<const std::vector<match::glob>*, const std::string*> lists[] = {
        {&one.applications, &facts.application},
        {&one.clusters, &cluster},
        {&one.namespaces, &facts.namespace_}
    };
    bool any = false;
    bool all = true;
    bool is_limited = false;
    for (const auto& [globs, text] : lists) {
        if (globs->empty()) {
            continue;
        }
        is_limited = true;
        const bool fits = any_matches(*globs, *text);
        any = any || fits;
        all = all && fits;
    }
    return is_limited && (one.and_operator ? all : any);
}

sync_windows::ruling sync_windows::rule(std::span<const entry* const> those, time now, question about) {
    for (const auto* one : those) {
        if (!one->flaw.empty()) {
            return {false, "invalid sync windows: " + one->flaw};
        }
    }
    std::vector<const compiled_window*> denying;
    std::vector<const compiled_window*> closed;
    bool is_let_in = false;
    for (const auto* one : those) {
        const auto& window = *one->window;
        const bool is_open = is_active(window, now);
        if (window.kind == crds::window_kind::deny) {
            if (is_open) {
                denying.push_back(&window);
            }
        } else if (is_open) {
            is_let_in = true;
        } else {
            closed.push_back(&window);
        }
    }
    const auto passes = [&](const std::vector<const compiled_window*>& all) {
        const auto is_manual = [](const compiled_window* w) { return w->manual_sync; };
        const auto is_overrun = [](const compiled_window* w) { return w->sync_overrun; };
        if (about.manual && std::ranges::all_of(all, is_manual)) {
            return true;
        }
        return about.started && std::ranges::all_of(all, is_overrun) &&
               rule(those, *about.started, {.manual = about.manual, .started = {}}).allowed;
    };
    if (!denying.empty()) {
        return passes(denying) ? ruling{} : ruling{false, described(*denying.front()) + " is open"};
    }
    if (is_let_in || closed.empty() || passes(closed)) {
        return {};
    }
    return {
        false,
        described(*closed.front()) +
            (closed.size() == 1 ? " is closed" : fmt::format(" is closed, as are {} more", closed.size() - 1))
    };
}

sync_windows::answer sync_windows::ask(const window_facts& facts, time now, question about) const {
    std::vector<const entry*> those;
    for (const auto& one : windows_) {
        if (is_for(one, facts)) {
            those.push_back(&one);
        }
    }
    if (those.empty()) {
        return {};
    }
    auto ruled = rule(those, now, about);
    answer made{.allowed = ruled.allowed, .until = {}, .why = {}};
    const bool has_flaw = std::ranges::any_of(those, [](const entry* one) { return !one->flaw.empty(); });
    auto at = now;
    for (int i = 0; !has_flaw && i < most_changes; ++i) {
        std::optional<time> next;
        for (const auto* one : those) {
            const auto change = next_change(*one->window, at);
            if (change && (!next || *change < *next)) {
                next = change;
            }
        }
        if (!next || *next <= at || *next > now + in_sight) {
            break;
        }
        at = *next;
        if (rule(those, at, about).allowed != made.allowed) {
            made.until = at;
            break;
        }
    }
    if (!made.allowed) {
        const auto until = made.until ? " until " + format_time(*made.until) : std::string{};
        made.why = has_flaw
                       ? std::move(ruled.because)
                       : "sync windows forbid " + std::string{about.manual ? "a sync" : "an automatic sync"} +
                             until + ": " + ruled.because;
    }
    return made;
}

} // namespace holdfast::policy
