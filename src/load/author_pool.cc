// SPDX-License-Identifier: Apache-2.0
#include "load/author_pool.h"

#include <algorithm>

#include <fmt/format.h>

#include "wire/irc/line.h"

namespace clamor::load {
namespace {

using namespace std::chrono_literals;

constexpr int kTooManyRequests = 429;
constexpr std::size_t kFailuresMax = 20;

}  // namespace

class AuthorPool::Author final : public ChatClient {
  public:
    Author(AuthorPool& pool, Profile profile, MonoTime now)
        : ChatClient(pool.engine_, pool.options_.target, pool.workspace_, std::move(profile)),
          spoke_at(now),
          pool_(pool) {}

    bool is_idle() const { return state() == State::ready && unanswered.empty() && !closing; }

    std::deque<std::size_t> unanswered;
    MonoTime spoke_at;
    std::string refusal;  // of the login, in the server's words
    bool was_ready = false;
    bool closing = false;  // to make room

  private:
    void on_ready() override {
        was_ready = true;
        --pool_.opening_;
        pool_.failures_in_a_row_ = 0;
        pool_.speak(pool_.slots_.at(profile().login));
    }

    void on_line(std::string_view line) override {
        wire::irc::Line parts;
        if (wire::irc::parse_line(line, parts) != wire::irc::ParseError::none) return;
        const bool accepted = parts.command == "USERSTATE";
        if (!was_ready && parts.command == "NOTICE") refusal = parts.param(1);
        if ((!accepted && parts.command != "NOTICE") || unanswered.empty()) return;
        const std::size_t number = unanswered.front();
        unanswered.pop_front();
        --pool_.unfinished_;
        pool_.listener_.on_answered(
            number, accepted ? "" : parts.raw_tag("msg-id").value_or("no msg-id"), received_at());
    }

    void on_gone(std::string_view why) override { pool_.author_gone(*this, why); }

    AuthorPool& pool_;
};

AuthorPool::AuthorPool(reactor::Engine& engine, Options options, AuthorListener& listener)
    : engine_(engine),
      options_(std::move(options)),
      listener_(listener),
      connections_max_(options_.connections_max) {}

AuthorPool::~AuthorPool() {
    waiting_.clear();
    for (auto& [login, slot] : slots_) {
        slot.unsent.clear();
        if (slot.author) slot.author->close(reactor::CloseMode::hard);
    }
    while (open_ > 0) engine_.turn(10ms);
}

void AuthorPool::prepare(const std::string& login) {
    Slot& slot = slots_[login];
    if (!slot.author) want(login, slot);
}

void AuthorPool::say(const std::string& login, ReplayMessage message) {
    Slot& slot = slots_[login];
    slot.unsent.push_back(std::move(message));
    ++unfinished_;
    if (!slot.author) {
        want(login, slot);
    } else if (slot.author->state() == ChatClient::State::ready) {
        speak(slot);
    }
}

void AuthorPool::want(const std::string& login, Slot& slot) {
    if (slot.waiting) return;
    slot.waiting = true;
    waiting_.push_back(login);
}

void AuthorPool::speak(Slot& slot) {
    Author& author = *slot.author;
    if (author.closing) return;  // author_gone() opens a new connection
    for (ReplayMessage& message : slot.unsent) {
        author.say(options_.channel, message.text, fmt::format("r{}", message.number));
        author.unanswered.push_back(message.number);
        author.spoke_at = now_;
        listener_.on_said(message.number, now_);
    }
    slot.unsent.clear();
}

void AuthorPool::step(MonoTime now) {
    now_ = now;
    gone_.clear();
    while (!waiting_.empty() && open_ < connections_max_ && opening_ < options_.opening_max &&
           failure_.empty()) {
        const std::string login = std::move(waiting_.front());
        waiting_.pop_front();
        Slot& slot = slots_.at(login);
        slot.waiting = false;
        if (!open(login, slot, now)) want(login, slot);
    }
    if (!waiting_.empty() && open_ >= connections_max_ && closing_ < waiting_.size())
        make_room(waiting_.size() - closing_);
}

bool AuthorPool::open(const std::string& login, Slot& slot, MonoTime now) {
    Profile profile{
        .login = login, .token = options_.token, .channels = {}, .path = options_.target.path};
    slot.author = std::make_unique<Author>(*this, std::move(profile), now);
    if (const auto started = slot.author->open(); !started) {
        slot.author.reset();
        note_failure(started.error().to_string());
        return false;
    }
    ++open_;
    ++opening_;
    return true;
}

void AuthorPool::make_room(std::size_t count) {
    std::vector<Author*> idle;
    for (auto& [login, slot] : slots_)
        if (slot.author && slot.author->is_idle()) idle.push_back(slot.author.get());
    count = std::min(count, idle.size());
    const auto by_silence = [](const Author* a, const Author* b) {
        return a->spoke_at < b->spoke_at;
    };
    std::partial_sort(idle.begin(), idle.begin() + static_cast<std::ptrdiff_t>(count), idle.end(),
                      by_silence);
    for (std::size_t i = 0; i < count; ++i) {
        idle[i]->closing = true;
        ++closing_;
        idle[i]->close(reactor::CloseMode::graceful);
    }
}

void AuthorPool::author_gone(Author& author, std::string_view why) {
    --open_;
    if (!author.was_ready) --opening_;
    if (author.closing) --closing_;
    for (const std::size_t number : author.unanswered) {
        --unfinished_;
        listener_.on_unanswered(number);
    }
    if (author.refused_status() == kTooManyRequests && open_ > 0) {
        connections_max_ = std::min(connections_max_, open_);
    } else if (!author.was_ready) {
        note_failure(author.refusal.empty() ? why : author.refusal);
    }
    const auto slot = slots_.find(author.profile().login);
    gone_.push_back(std::move(slot->second.author));
    if (!slot->second.unsent.empty() || !author.was_ready) want(slot->first, slot->second);
}

void AuthorPool::note_failure(std::string_view why) {
    if (++failures_in_a_row_ >= kFailuresMax) failure_ = why;
}

}  // namespace clamor::load
