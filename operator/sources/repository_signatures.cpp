// Which commits may be read at all, where a Repository asks for signatures (spec.verify).

#include "base/log.hpp"
#include "sources/repositories_state.hpp"

namespace holdfast::sources {

namespace {

bool asks_for_tag(crds::verify_mode mode) {
    return mode != crds::verify_mode::head;
}

bool asks_for_head(crds::verify_mode mode) {
    return mode != crds::verify_mode::tag;
}

// The earlier of two, where nothing is never.
void narrow(
    std::optional<wall_clock::time_point>& until, const std::optional<wall_clock::time_point>& other
) {
    if (other && (!until || *other < *until)) {
        until = other;
    }
}

} // namespace

void repositories::verify_with(sandbox::runner& runner, worker_pool& pool) {
    state_->signatures = std::make_unique<signature_checker>(state_->executor, runner, pool);
}

asio::awaitable<result<std::shared_ptr<const trusted_keys>>>
repositories::state::trusted_keys_of(std::shared_ptr<declared_repository> d) {
    const auto& verify = d->object.spec.verify;
    if (!verify) {
        co_return std::shared_ptr<const trusted_keys>{};
    }
    if (!signatures) {
        co_return internal_error("spec.verify: signatures cannot be checked here");
    }
    const auto namespace_ = d->object.metadata.namespace_;
    const auto name = verify->secret_ref.name;
    auto data = co_await secret_data(namespace_, name, "spec.verify.secretRef");
    if (!data) {
        co_return data.error();
    }
    auto keys = read_signing_keys(*data, "Secret " + namespace_ + "/" + name);
    if (!keys) {
        co_return keys.error().within("spec.verify.secretRef");
    }
    auto trusted = co_await signatures->trust(std::move(*keys));
    if (!trusted) {
        co_return trusted.error().within("spec.verify.secretRef");
    }
    co_return std::move(*trusted);
}

asio::awaitable<result<std::vector<std::string>>>
repositories::state::accept(std::shared_ptr<tracked_repository> t, git::resolved_revision at) {
    if (!t->verify) {
        co_return std::vector<std::string>{};
    }
    const auto keys = t->keys;
    if (!keys || !signatures) {
        co_return transient_error(t->url.text() + ": the keys of spec.verify are not known yet");
    }
    // All that the answer depends on, beside the keys: those are this repository's for as long as it is tracked.
    auto key = at.commit.hex();
    std::vector<candidate_tag> tags;
    std::optional<error> no_tag;
    if (asks_for_tag(*t->verify)) {
        const auto refs = co_await t->store->last_listing();
        auto found = candidate_tags(at, refs ? *refs : git::ref_list{});
        if (found) {
            tags = std::move(*found);
        } else {
            no_tag = found.error();
        }
        key += no_tag ? " " + at.ref : "";
        for (const auto& tag : tags) {
            key += " " + tag.ref + " " + tag.tag.hex();
        }
    }
    const auto now = wall_clock::now();
    if (const auto* known = t->judged.find(key); known != nullptr && (!known->until || now < *known->until)) {
        if (known->refusal) {
            co_return *known->refusal;
        }
        co_return known->signers;
    }
    const auto begin = steady_clock::now();
    judged_commit made;
    if (no_tag) {
        made.refusal = user_error(
            "commit " + at.commit.hex() + " of " + t->url.text() + " is refused by " + rule_of(*t) +
            " (mode " + std::string{crds::to_string(*t->verify)} + "): " + no_tag->message()
        );
    } else {
        auto judged = co_await judge_signatures(t, at, std::move(tags), keys);
        if (!judged) {
            co_return judged.error(); // nothing was found
        }
        made = std::move(*judged);
    }
    counters.git_operation("verify", made.refusal ? "refused" : "ok", steady_clock::now() - begin);
    const auto refusal = made.refusal;
    auto signers = made.signers;
    t->judged.insert(key, std::move(made));
    if (refusal) {
        note_refusal(*t, at.commit, *refusal);
        co_return *refusal;
    }
    if (t->refused.find(at.commit) != nullptr) {
        t->refused.erase(at.commit);
        status_due(t->owner);
    }
    co_return signers;
}

asio::awaitable<result<void>> repositories::accept_for(
    std::shared_ptr<const policy::project_rules> project, std::string url, std::string namespace_,
    git::resolved_revision at
) {
    if (!project || !project->demands_signatures(url)) {
        co_return result<void>{};
    }
    auto t = co_await state_->listed(url, std::move(namespace_));
    if (!t) {
        co_return t.error();
    }
    const auto held = *t;
    std::optional<std::vector<std::string>> signers;
    if (held->verify) {
        if (auto brought = co_await state_->bring(held, at); !brought) {
            co_return brought.error();
        }
        const auto commit = at;
        auto accepted = co_await state_->accept(held, commit);
        if (!accepted) {
            co_return accepted.error();
        }
        signers = std::move(*accepted);
    }
    auto why = project->why_not_signed(url, signers);
    if (!why.empty()) {
        co_return user_error("commit " + at.commit.hex() + " of " + why);
    }
    co_return result<void>{};
}

asio::awaitable<result<judged_commit>> repositories::state::judge_signatures(
    std::shared_ptr<tracked_repository> t, git::resolved_revision at, std::vector<candidate_tag> tags,
    std::shared_ptr<const trusted_keys> keys
) {
    judged_commit made;
    const auto url = t->url.text();
    const auto rule = rule_of(*t);
    const auto from = keys->keys.from;
    const auto damaged = [](const error& why) {
        return signature_finding{.flaw = signature_flaw::damaged, .detail = why.message()};
    };
    if (asks_for_head(*t->verify)) {
        auto bytes = co_await t->store->commit_bytes(at.commit);
        if (!bytes) {
            co_return bytes.error();
        }
        auto content = git::take_commit_apart(*bytes);
        signature_finding found;
        if (!content) {
            found = damaged(content.error());
        } else {
            auto checked = co_await signatures->check(at.commit, std::move(*content), keys);
            if (!checked) {
                co_return checked.error();
            }
            found = std::move(*checked);
        }
        made.until = found.until;
        if (!found.is_good()) {
            made.refusal = user_error(refusal_sentence(found, "commit " + at.commit.hex(), url, rule, from));
            co_return made;
        }
        made.signers.push_back(found.key);
    }
    if (!asks_for_tag(*t->verify)) {
        co_return made;
    }
    for (const auto& one : tags) { // one that is good is enough
        auto bytes = co_await t->store->tag_bytes(one.tag, one.ref, at.commit);
        if (!bytes) {
            co_return bytes.error();
        }
        auto tag = git::take_tag_apart(*bytes);
        const auto is_it = tag ? check_tag(*tag, one, at.commit) : result<void>{tag.error()};
        signature_finding found;
        std::optional<std::string> other;
        if (!is_it) {
            other = is_it.error().message();
        } else {
            auto checked = co_await signatures->check(one.tag, std::move(tag->content), keys);
            if (!checked) {
                co_return checked.error();
            }
            found = std::move(*checked);
        }
        narrow(made.until, found.until);
        if (!other && found.is_good()) {
            made.refusal.reset();
            made.signers.push_back(found.key);
            co_return made;
        }
        const auto what = "tag " + one.ref.substr(std::string_view{"refs/tags/"}.size()) + " (commit " +
                          at.commit.hex() + ")";
        made.refusal = user_error(
            other ? what + " of " + url + " is refused by " + rule + ": " + *other
                  : refusal_sentence(found, what, url, rule, from)
        );
    }
    co_return made;
}

std::string repositories::state::rule_of(const tracked_repository& t) {
    return "spec.verify of the Repository " + t.owner;
}

void repositories::state::note_refusal(
    tracked_repository& t, const git::object_id& commit, const error& refusal
) {
    const auto* told = t.refused.find(commit);
    if (told != nullptr && *told == refusal.message()) {
        return;
    }
    t.refused.insert(commit, refusal.message());
    log::warn("a commit is refused", {{"repository", t.url.normalised()}, {"why", refusal.message()}});
    status_due(t.owner);
    if (const auto d = declared(name_of(t.owner))) {
        events.record(
            reference_to(*d), {.severity = kube::event_severity::warning,
                               .reason = "SignatureRefused",
                               .action = "Verify",
                               .note = refusal.message()}
        );
    }
}

} // namespace holdfast::sources
