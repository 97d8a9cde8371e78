#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::sources {

/// Which builds are made with care, and which are not made any more, since they ended the operator: what one
/// application has in its sources is not to stop the work on all others. Every decision, without a request
/// or a clock.
///
/// After an unclean end nobody knows what did it. So whoever begins to lead then is careful until every
/// application was looked at: builds are made one at a time, and each is noted, where the next leader finds
/// it, before it begins. When the operator ends uncleanly again, the note says during which build. An
/// application that is suspected so is noted whenever it is built; at the second end it is set aside, until
/// what is built of it is something else or somebody asks for it. A build that ends, with whatever outcome,
/// clears its application; that it could be planned clears it only of what planning is suspected of. After a
/// clean end nothing of all this costs anything.
class build_care {
public:
    /// What is known where nobody was before.
    build_care() = default;

    struct beginning {
        /// What the leader before left (text()); whatever it is.
        std::string_view left;
        /// It ended without letting go.
        bool uncleanly = false;
        /// This process, unlike any other's: what it left itself says nothing of an end.
        std::string_view process;
        /// For messages: "2026-01-31T12:00:00Z".
        std::string_view now;
        /// Those that are to be looked at; until they were, it is careful after an unclean end.
        std::set<std::string> due;
    };
    explicit build_care(beginning from);

    /// Either may end the operator: a source is read for what it needs, and then built.
    enum class step { planning, building };

    enum class how {
        freely,
        /// One at a time, and noted before: begin(), then text() is written.
        noted,
        /// It is set aside: why() says so.
        not_at_all,
    };
    /// How to build something of an application ("namespace/name"); `what` identifies what is built: another
    /// one is another chance.
    how ask(const std::string& application, const std::string& what);
    void begin(const std::string& application, const std::string& what, step which);
    /// Whether the build that was begun is one of a suspected application.
    [[nodiscard]] bool is_suspected_now() const noexcept { return is_suspected(under_way_.application); }
    /// The build that was begun has ended.
    void end();
    [[nodiscard]] std::string why(const std::string& application) const;

    /// Somebody asks for it once more.
    void retry(const std::string& application);
    /// It is gone.
    void forget(const std::string& application);
    /// One that was due was looked at. True when it was the last: it is careful no more, and text() is to be
    /// written.
    bool looked_at(const std::string& application);

    [[nodiscard]] bool is_careful() const noexcept { return careful_; }
    /// It is set aside, or will be when it ends the operator once more.
    [[nodiscard]] bool is_suspected(const std::string& application) const noexcept;
    [[nodiscard]] bool is_set_aside(const std::string& application) const noexcept;
    /// Whether ask() may answer anything but `freely`.
    [[nodiscard]] bool is_on_guard() const noexcept { return careful_ || !suspects_.empty(); }

    /// All of it for the next leader: JSON of at most some kilobytes.
    [[nodiscard]] std::string text() const;

private:
    struct build {
        std::string application;
        std::string what;
        step which = step::building;
    };
    struct suspect {
        build of;
        /// How often the operator ended during just this build.
        std::size_t ends = 0;
        std::string last;
    };

    [[nodiscard]] const suspect* find(const std::string& application) const noexcept;
    suspect* find(const std::string& application) noexcept;
    void read(std::string_view left, bool uncleanly, std::string_view process, std::string_view now);
    void suspect_of(build of, std::string_view now);

    std::string process_;
    bool careful_ = false;
    std::set<std::string> due_;
    build under_way_; // no application: none
    std::vector<suspect> suspects_;
};

} // namespace holdfast::sources
