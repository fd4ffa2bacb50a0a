// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace clamor::automod {

/// What speaks for a raid of bots, each by itself also a good evening.
enum class RaidSign : std::uint8_t { join_rate, young_accounts, alike_names, alike_first_messages };
inline constexpr int kRaidSigns = 4;
std::string_view name_of(RaidSign sign);
std::optional<RaidSign> parse_raid_sign(std::string_view name);

/// What shield mode changes. The values: 0 and 1 of switches; seconds of slow mode; minutes of
/// followers-only, -1 for off; the overall level of AutoMod.
enum class Measure : std::uint8_t { shield, followers_only, slow_mode, unique_chat, automod_level };
inline constexpr int kMeasures = 5;
std::string_view name_of(Measure measure);
std::optional<Measure> parse_measure(std::string_view name);

struct RaidOptions {
    std::chrono::seconds window{30};
    std::uint32_t joins = 40;  ///< in the window, and `times` as many as usual
    float times = 4;
    std::chrono::hours young{24 * 7};
    float young_share = 0.6f;             ///< of those who came in the window, 10 at least
    std::uint32_t alike_names = 8;        ///< in the window: the same but for digits
    std::uint32_t alike_messages = 5;     ///< first messages of so many people that look alike
    int signs = 2;                        ///< so many at once trip it
    std::chrono::seconds countdown{600};  ///< then it reverts what it did
    std::chrono::seconds rest{300};       ///< after reverting, before it can trip again
    /// What tripping sets; none: left alone. What is stricter already stays as it is.
    std::optional<std::int64_t> followers_only = 10;
    std::optional<std::int64_t> slow_mode = 10;
    std::optional<std::int64_t> unique_chat = 1;
    std::optional<std::int64_t> automod_level = 3;
};

/// One thing done, or to be done: from which value to which.
struct Change {
    Measure measure;
    std::int64_t before;
    std::int64_t after;
    friend bool operator==(const Change&, const Change&) = default;
};

/// The channel's settings at the moment, by Measure.
struct ChannelState {
    bool shield = false;
    std::int64_t followers_only = -1;
    std::int64_t slow_mode = 0;
    std::int64_t unique_chat = 0;
    std::int64_t automod_level = 0;
    std::int64_t value(Measure measure) const;
};

struct Trip {
    struct Sign {
        RaidSign sign;
        float measured;
        float limit;
    };
    WallTime at{};
    MonoTime until{};  ///< reverted then
    std::vector<Sign> signs;
    std::vector<Change> changes;    ///< to be carried out, in this order
    std::vector<UserId> newcomers;  ///< those who spoke for it, the latest first
};

/// Decides when a channel is being raided. Pure: time, and what the channel is set to, are
/// arguments, and what is to be done is the answer. Owned by the channel's room; one thread.
/// Bounded by kJoins and kFirstMessages, the oldest going first.
class RaidBreaker {
  public:
    static constexpr std::size_t kJoins = 4096;
    static constexpr std::size_t kFirstMessages = 256;
    static constexpr std::size_t kNewcomers = 500;  ///< named in a trip

    explicit RaidBreaker(const RaidOptions& options = {}) : options_(options) {}

    /// From now on; what was seen stays seen.
    void use(const RaidOptions& options) { options_ = options; }

    struct Join {
        UserId user;
        std::string_view login;
        std::optional<WallTime> created_at{};  ///< of the account; none: not known
    };
    /// Somebody came. An answer is a trip that begins now.
    std::optional<Trip> joined(const Join& join, const ChannelState& state, const Now& now);
    /// Somebody spoke here for the first time; `normalised` as AutoMod reads it.
    std::optional<Trip> spoke_first(UserId user, std::string_view normalised,
                                    const ChannelState& state, const Now& now);

    /// The trip in force, or null.
    const Trip* trip() const { return trip_ ? &*trip_ : nullptr; }
    /// The trip in force ends at another time.
    void extend_to(MonoTime until);
    /// A trip of before a restart is in force again.
    void resume(Trip trip) { trip_ = std::move(trip); }
    /// What takes back everything that the trip did, the last first. What somebody has changed
    /// since stays as they set it. The trip is over.
    std::vector<Change> revert(const ChannelState& state, MonoTime now);

  private:
    struct Came {
        UserId user;
        std::uint64_t name;  ///< hash of the login without digits; 0: too short to say anything
        bool young;
        MonoTime at;
    };
    /// Those who came within the window. What is asked about all of them is counted as they come
    /// and are forgotten: thousands come at once when a stream begins.
    class Arrivals {
      public:
        /// False: they are there already.
        bool add(const Came& one);
        void forget_before(MonoTime time);
        void clear() { *this = {}; }
        const std::list<Came>& all() const { return all_; }
        std::size_t size() const { return all_.size(); }
        std::uint32_t young() const { return young_; }
        /// How many have the commonest name.
        std::uint32_t most_alike() const { return most_alike_; }

      private:
        void forget_oldest();

        std::list<Came> all_;  ///< the oldest first
        std::unordered_set<UserId> users_;
        std::unordered_map<std::uint64_t, std::uint32_t> names_;  ///< how many have each
        std::vector<std::uint32_t> crowds_;  ///< how many names so many have, from 0
        std::uint32_t most_alike_ = 0;
        std::uint32_t young_ = 0;
    };
    struct Spoke {
        UserId user;
        std::uint64_t sketch;
        MonoTime at;
    };

    void forget(MonoTime now);
    std::vector<Trip::Sign> signs() const;
    std::optional<Trip> consider(const ChannelState& state, const Now& now);
    std::vector<Change> changes_for(const ChannelState& state) const;
    std::vector<UserId> newcomers() const;

    RaidOptions options_;
    Arrivals came_;
    std::list<Spoke> spoke_;
    double usual_ = 0;  ///< joins a window, of the windows before this one
    MonoTime window_began_{};
    std::uint32_t in_window_ = 0;
    bool measured_ = false;  ///< a whole window was seen
    std::optional<Trip> trip_;
    MonoTime rests_until_ = MonoTime::min();
};

}  // namespace clamor::automod
