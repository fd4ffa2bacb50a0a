// SPDX-License-Identifier: Apache-2.0
#include "automod/policy.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <utility>

#include "automod/calibration.h"
#include "automod/default_lists.h"
#include "automod/links.h"
#include "automod/names.h"
#include "automod/spam.h"
#include "automod/term_set.h"
#include "base/limits.h"

namespace clamor::automod {
namespace {

/// FNV-1a: the same settings have the same version on every machine.
class Digest {
  public:
    void add(std::string_view text) {
        for (const char c : text) step(static_cast<unsigned char>(c));
        step(0xFF);
    }
    void add(std::int64_t number) {
        for (int i = 0; i < 8; ++i) step(static_cast<unsigned char>(number >> (8 * i)));
    }
    void add(float number) { add(static_cast<std::int64_t>(std::lround(number * 1e6))); }
    std::string hex() const {
        char text[20];
        std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(state_));
        return text;
    }

  private:
    void step(unsigned char byte) { state_ = (state_ ^ byte) * 1099511628211ull; }
    std::uint64_t state_ = 14695981039346656037ull;
};

std::string version_of(const Settings& settings) {
    Digest digest;
    for (const std::uint8_t level : effective_levels(settings.levels))
        digest.add(std::int64_t{level});
    digest.add(std::int64_t{settings.classifier_shadow});
    digest.add(std::int64_t{settings.exempt});
    for (const Term& term : settings.terms) {
        digest.add(term.id);
        digest.add(term.text);
        digest.add(std::int64_t{term.permitted} | std::int64_t{term.is_private} << 1 |
                   std::int64_t{term.shadow} << 2 | static_cast<std::int64_t>(term.action) << 3);
        digest.add(term.expires_at ? unix_ms(*term.expires_at) : -1);
    }
    for (const SpamSetting& rule : settings.spam) {
        digest.add(std::int64_t{rule.on} | std::int64_t{rule.shadow} << 1 |
                   static_cast<std::int64_t>(rule.action) << 2 | std::int64_t{rule.exempt} << 8);
        digest.add(rule.limit);
        digest.add(std::int64_t{rule.least});
        digest.add(std::int64_t{rule.window.count()});
    }
    for (const std::string& link : settings.allowed_links) digest.add(link);
    for (const ListSetting& list : settings.lists) {
        digest.add(std::int64_t{list.on} | std::int64_t{list.shadow} << 1 |
                   static_cast<std::int64_t>(list.action) << 2);
    }
    digest.add(settings.calibration.slope);
    digest.add(settings.calibration.offset);
    return digest.hex();
}

/// Puts what is out of bounds right, and tells of it.
class Corrector {
  public:
    explicit Corrector(std::vector<Problem>& problems) : problems_(problems) {}

    void correct(Settings& settings) {
        correct_levels(settings.levels);
        for (std::size_t i = 0; i < settings.spam.size(); ++i) {
            if (settings.spam[i].on) correct_rule(settings.spam[i], spam_table()[i]);
        }
        correct_links(settings.allowed_links);
        for (ListSetting& list : settings.lists) correct_action(list.action);
        for (Term& term : settings.terms) correct_action(term.action);
        const Calibration bounded = within_bounds(settings.calibration);
        if (!(bounded == settings.calibration)) tell("calibration", "is out of its bounds");
        settings.calibration = bounded;
    }

  private:
    void tell(std::string_view subject, std::string what) {
        problems_.push_back({Problem::kNoTerm, std::string(subject), std::move(what)});
    }

    static void correct_action(Action& action) {
        if (action == Action::allow) action = Action::hold;
    }

    void correct_levels(Levels& levels) {
        const auto correct = [&](std::uint8_t& level) {
            if (level <= 4) return;
            level = 4;
            tell("level", "a level is 0 to 4");
        };
        if (levels.overall) correct(*levels.overall);
        for (std::uint8_t& level : levels.categories) correct(level);
    }

    template <class Value>
    void bound(std::string_view rule, std::string_view field, Value& value, Value least,
               Value most) {
        // A value that is no number compares with nothing.
        if (value >= least && value <= most) return;
        value = value > most ? most : least;
        tell(rule, std::string(field) + " is out of its bounds");
    }

    void correct_rule(SpamSetting& rule, const SpamBounds& bounds) {
        bound(bounds.name, "limit", rule.limit, bounds.limit_least, bounds.limit_most);
        bound(bounds.name, "least", rule.least, bounds.least_least, bounds.least_most);
        bound(bounds.name, "window", rule.window, bounds.window_least, bounds.window_most);
        correct_action(rule.action);
    }

    void correct_links(std::vector<std::string>& links) {
        std::vector<std::string> clean;
        for (const std::string& link : links) {
            auto domain = clean_domain(link);
            if (!domain) {
                tell(link, "is not the name of a site, as in example.org");
            } else if (clean.size() >= limits::kAllowedLinksMax) {
                tell(link, "more than " + std::to_string(limits::kAllowedLinksMax) +
                               " links are allowed");
            } else {
                clean.push_back(std::move(*domain));
            }
        }
        links = std::move(clean);
    }

    std::vector<Problem>& problems_;
};

}  // namespace

Compiled compile_policy(Settings settings, const text::Normaliser& normaliser, WallTime now) {
    Compiled compiled;
    Corrector(compiled.problems).correct(settings);
    auto policy = std::make_shared<Policy>();
    policy->version = version_of(settings);
    policy->levels = LevelTable(settings.levels, settings.calibration);

    // What has expired finds nothing; its text is not worth compiling. Places in the list are
    // those of the caller.
    std::vector<Term> terms = settings.terms;
    for (Term& term : terms) {
        if (term.expires_at && *term.expires_at <= now) term.text.clear();
    }
    std::vector<TermSet::Refused> refused;
    policy->terms = std::make_shared<const TermSet>(terms, normaliser, refused);
    for (auto& [index, why] : refused) {
        if (index >= terms.size()) {
            compiled.problems.push_back({Problem::kNoTerm, "terms", std::move(why)});
        } else if (!terms[index].text.empty() || settings.terms[index].text.empty()) {
            compiled.problems.push_back({index, settings.terms[index].text, std::move(why)});
        }
    }

    policy->lists_act = std::ranges::any_of(settings.lists, &ListSetting::on);
    if (policy->lists_act || policy->levels.any()) policy->lists = default_lists(normaliser);
    policy->links = std::make_shared<const LinkFinder>(settings.allowed_links);
    policy->spam = std::ranges::any_of(settings.spam, &SpamSetting::on);
    policy->needs_plain = !policy->terms->empty() || policy->lists_act ||
                          settings.spam[static_cast<std::size_t>(SpamRule::links)].on;
    policy->settings = std::move(settings);
    compiled.policy = std::move(policy);
    return compiled;
}

std::string check_term(const std::string& text, const text::Normaliser& normaliser) {
    std::vector<TermSet::Refused> refused;
    const TermSet set({Term{.id = {}, .text = text}}, normaliser, refused);
    return refused.empty() ? std::string() : std::move(refused.front().why);
}

}  // namespace clamor::automod
