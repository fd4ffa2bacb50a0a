// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every bound of the system, with its default. What can be set in the configuration says so;
/// docs/operations.md says for each what happens when it is reached and which metric shows it.
namespace clamor::limits {

using namespace std::chrono_literals;

// What one client may send.
inline constexpr std::size_t kMessageCodePoints = 500;  // cut there
inline constexpr std::size_t kTagsBytesIn = 8191;       // IRCv3 budget for client tags
inline constexpr std::size_t kLineBytesIn =
    4096;                                     // the rest of a line; longer: skipped and counted
inline constexpr int kOverlongLinesMax = 16;  // so many a connection: closed
inline constexpr std::size_t kClientNonceBytes = 64;
inline constexpr std::size_t kLoginBytes = 25;
inline constexpr std::size_t kProxyHeaderBytes = 4096;  // of the PROXY protocol; longer: closed
/// Of TLS itself, as to changes of keys, for a client that does not read; more: closed.
inline constexpr std::size_t kTlsAnswerBytes = 64 * 1024;
inline constexpr std::size_t kHttpHeaderBytes = 16 * 1024;
inline constexpr std::size_t kHttpBodyBytes = 1024 * 1024;
inline constexpr std::size_t kWebSocketMessageBytes = 64 * 1024;

// What one connection may hold.
inline constexpr std::size_t kOutboxSoftBytes = 128 * 1024;  // above: sheds by class
inline constexpr std::size_t kOutboxHardBytes = 256 * 1024;  // above: closed as slow (1013)
inline constexpr auto kOutboxAge = 10s;
inline constexpr int kSocketSendBufferBytes =
    128 * 1024;  // or the kernel hides megabytes of backlog
inline constexpr std::size_t kPendingRepliesMax =
    512;  // replies waiting for their turn; then receiving pauses
inline constexpr auto kRegistrationTimeout = 30s;
inline constexpr auto kPingAfterSilence = 240s;
inline constexpr auto kPongTimeout = 15s;
inline constexpr std::size_t kConnectionsPerAddress = 100;
inline constexpr std::size_t kRoomsPerConnection = 100;

// What one account may do.
struct Window {
    std::uint32_t count;
    std::chrono::milliseconds length;
};
inline constexpr Window kMessagesViewer{20, 30s};
inline constexpr Window kMessagesModerator{100, 30s};
inline constexpr Window kMessagesVerifiedBot{50, 30s};
inline constexpr Window kJoins{20, 10s};
inline constexpr Window kJoinsVerifiedBot{2000, 10s};
inline constexpr Window kLogins{20, 10s};
inline constexpr Window kLoginsVerifiedBot{200, 10s};
inline constexpr Window kWhispersPerSecond{3, 1s};
inline constexpr Window kWhispersPerMinute{100, 60s};
inline constexpr Window kWhisperRecipientsPerDay{40, 24h};  // people not whispered with before
inline constexpr auto kDuplicateWindow = 30s;

// What moderators may do.
inline constexpr Window kRoleChanges{10, 10s};  // by one account, of moderators, and of VIPs
inline constexpr std::uint32_t kTimeoutSecondsMax = 1209600;  // two weeks
inline constexpr std::uint32_t kTimeoutSeconds = 600;         // when none is said
inline constexpr std::uint32_t kSlowSeconds = 30;
inline constexpr std::uint32_t kSlowSecondsMax = 86400;
inline constexpr std::int32_t kFollowersMinutesMax = 129600;  // three months
inline constexpr std::size_t kReasonCodePoints = 500;
inline constexpr std::size_t kTermCodePoints = 500;
inline constexpr auto kDeleteWithin = 6h;  // older messages stay
inline constexpr auto kRaidCountdown = 90s;
inline constexpr std::uint32_t kVipsPerChannel = 1000;
inline constexpr auto kShoutoutEvery = 2min;        // in one channel
inline constexpr auto kShoutoutOfOneEvery = 60min;  // of one and the same other channel
inline constexpr std::size_t kActsPerRequest = 10000;
inline constexpr std::size_t kUndoneActs =
    kActsPerRequest;  // of a channel, whose events may come later; the oldest are forgotten
// A bulk of acts is shown bit by bit, so that viewers' lines stay free for what is said: 500 a
// second are 60 KB a second for each of them.
inline constexpr std::size_t kActEventsAtOnce = 50;
inline constexpr auto kActEventsEvery = 100ms;
inline constexpr std::uint32_t kPinSeconds = 1200;
inline constexpr std::size_t kRoleListMax = 1000;  // names of moderators or VIPs in one answer

// AutoMod's rules (docs/automod.md). What is over a bound is refused when it is set.
inline constexpr std::size_t kTermsMax = 4000;  // of a channel: blocked, permitted and expressions
inline constexpr std::size_t kTermBytesMax = 256 * 1024;   // of all of them
inline constexpr std::size_t kTermWordsMax = 32;           // of a phrase
inline constexpr std::size_t kPatternsMax = 1000;          // regular expressions of a channel
inline constexpr std::size_t kPatternMemory = 128 * 1024;  // of one, compiled and running
inline constexpr int kPatternInstructions = 1500;          // of one
inline constexpr std::size_t kPatternSetMemory = 16 * 1024 * 1024;  // of those run as one
inline constexpr std::size_t kTermHitsMax = 64;      // told of one message; all decide
inline constexpr std::size_t kFindingSpansMax = 16;  // of one finding; the last covers the rest
inline constexpr std::size_t kAllowedLinksMax = 500;
inline constexpr auto kLinkPermit = 60s;  // after a moderator permits somebody's links

// What AutoMod holds and remembers.
inline constexpr auto kHoldFor = 5min;                    // then a held message expires
inline constexpr std::size_t kHeldPerChannel = 500;       // pending; more are blocked
inline constexpr auto kRaidBreakerMax = 86'400s;          // that the raid breaker may act
inline constexpr int kSystemActTries = 8;                 // of what the raid breaker does
inline constexpr auto kSystemActPause = 1s;               // before the first further one,
inline constexpr auto kSystemActPauseMax = 60s;           // each twice as long, up to this
inline constexpr std::uint32_t kPermitSecondsMax = 3600;  // of links, or of a phrase
inline constexpr std::size_t kRulesBytes = 32 * 1024;     // of a channel's document of rules
inline constexpr std::size_t kAllowedLinkBytes = 253;     // of a host
inline constexpr std::size_t kVerdictsBuffered = 4096;    // of a shard, for the disk; more: dropped
inline constexpr auto kVerdictsKept = std::chrono::hours(24 * 30);
inline constexpr std::size_t kPreviewMessages = 50'000;  // that time travel reads, the newest ones

// Tokens.
inline constexpr std::size_t kJwtBytes = 4000;
inline constexpr std::size_t kJwtKeysMax = 64;  // in one JWK set
inline constexpr std::size_t kJwksBytes = 256 * 1024;
inline constexpr auto kJwksFresh = 1h;   // then the set is fetched again
inline constexpr auto kJwksRetry = 30s;  // between two fetches, whatever they are for
inline constexpr std::size_t kTokensWatched =
    262'144;  // that will expire; more: those that expire last go on until they are shown again
inline constexpr auto kRevocationsEvery = 2s;      // looked for what others on the catalog revoked
inline constexpr auto kRevocationsKept = 1h;       // of opaque tokens, for those others
inline constexpr Window kHelixRequests{800, 60s};  // of a client and user, or of an address
inline constexpr Window kOauthRequests{300, 60s};  // of an address
inline constexpr std::size_t kRequestBuckets = 65536;

// Between threads.
inline constexpr std::size_t kMailboxTasks = 65536;
inline constexpr std::size_t kWorkerQueueTasks = 65536;
inline constexpr std::size_t kLogQueueMessages = 65536;
inline constexpr auto kEchoPatience =
    1500ms;  // then the sender is told that the message is not stored yet

// The spool in front of the message log.
inline constexpr std::size_t kSpoolSegmentBytes = 1024 * 1024;
inline constexpr std::uint64_t kSpoolBytes = 1024 * 1024 * 1024;  // then the echo waits
inline constexpr auto kSpoolInterval = 25ms;    // between the starts of two flushes of the disk
inline constexpr auto kLogInterval = 1s;        // between two commits to the message log behind it
inline constexpr std::size_t kLogBatch = 4096;  // entries; so many are committed at once
inline constexpr std::size_t kLogMemory =
    16 * 1024 * 1024;  // of entries that wait for the message log; more: only in the spool
inline constexpr std::size_t kRefusedLogBytes =
    16 * 1024 * 1024;  // of entries that the message log never takes; more: only told in the log
inline constexpr auto kCatchUpPatience = 2s;  // of who reads the log for what is on its way to it

// Between nodes, over Redis.
inline constexpr auto kRedisConnectTimeout = 2s;  // to connect and log in
inline constexpr auto kRedisPatience = 500ms;     // without an answer: the node goes on alone
inline constexpr auto kRedisSilence = 5s;         // then the connection is given up
inline constexpr auto kRedisPauseMin = 50ms;      // before connecting again; doubled each time
inline constexpr auto kRedisPauseMax = 2s;
inline constexpr std::size_t kRedisUnanswered = 4096;  // commands of one connection; more wait
inline constexpr std::size_t kBusKeptBytes =
    64 * 1024 * 1024;  // published and not in order yet; then new messages are refused
inline constexpr std::size_t kBusUndelivered =
    65536;  // received and not taken by their shards yet; then receiving pauses
inline constexpr int kBacklogSpeed =
    2;  // what Redis was away for is published so many times faster than it was said
inline constexpr std::size_t kRegions = 16;          // with Redis servers of their own
inline constexpr std::size_t kStreamEntries = 4096;  // kept of each channel for who lost connection
inline constexpr std::size_t kPlacesKept =
    256;  // of what a node published in a channel, for a node that did not get the answer
inline constexpr std::size_t kStreamPage = 256;  // read at once
inline constexpr auto kStreamKept = 1h;          // of a silent channel
inline constexpr auto kStreamHeadKept = std::chrono::hours(24 * 7);
inline constexpr auto kPresenceEvery = 5s;  // a node says who is in its channels
inline constexpr auto kPresenceKept = 15s;  // without hearing of it again
inline constexpr int kNodeMissed = 2;       // looks at the nodes without one of them: it is lost
inline constexpr std::size_t kRereadRooms = 20;  // of a shard, whose facts are read again at once,
inline constexpr auto kRereadEvery = 100ms;      // then the next ones, where a node was lost
inline constexpr std::chrono::milliseconds kClockSkew =
    1s;                                   // of this machine's clock from Redis's; then it is told
inline constexpr auto kGapPatience = 3s;  // before the log is read for what did not come
inline constexpr std::chrono::milliseconds kDoubtsSpread =
    5s;                                            // longer at most, where all rooms do so at once
inline constexpr std::size_t kGapMessages = 5000;  // read then, the newest ones
inline constexpr std::uint64_t kEpochSkip =
    65536;  // a sequence leaves out a multiple of it where the newest positions may be lost

inline constexpr int kSpoolAlarmPercent = 50;  // of the spool or the log's queue; then it is told

// The message log on DynamoDB. What DynamoDB itself bounds has its numbers.
inline constexpr std::size_t kDynamoRequests = 8;  // at a time, of one caller
inline constexpr std::size_t kDynamoCallers = 5;   // at a time: the log writer and the workers
inline constexpr auto kDynamoConnectTimeout = 1000ms;
inline constexpr auto kDynamoReadTimeout = 2000ms;   // of all that one reader asks
inline constexpr auto kDynamoGlance = 100ms;         // of who knows an answer of his own
inline constexpr auto kDynamoWriteTimeout = 5000ms;  // of one request
inline constexpr int kDynamoAttempts = 8;            // of one request; then the batch fails
inline constexpr auto kDynamoBackoffMin = 25ms;      // doubles, with jitter, up to the next
inline constexpr auto kDynamoBackoffMax = 1600ms;
inline constexpr auto kDynamoAwayPause = 1s;      // between readers' tries while it does not answer
inline constexpr std::size_t kDynamoBlock = 256;  // sequences in a partition
inline constexpr std::size_t kDynamoEventBytes = 300'000;            // of an item; longer: in parts
inline constexpr std::size_t kDynamoAnswerBytes = 20 * 1024 * 1024;  // longer: nonsense
inline constexpr std::size_t kDynamoWriteBytes = 900'000;  // of a request with several items
inline constexpr std::size_t kDynamoMarks = 500;           // of one author that can be taken back
inline constexpr std::size_t kDynamoChannelsKnown = 100'000;       // with a block in memory
inline constexpr auto kDynamoTableWait = 60s;                      // until a new table is there
inline constexpr std::chrono::milliseconds kMetadataTimeout = 1s;  // of one request for credentials
inline constexpr auto kCredentialsRefresh = 5min;                  // before they expire
inline constexpr auto kCredentialsRetry = 10s;
// PostgreSQL as the catalog.
inline constexpr std::size_t kCatalogConnections = 4;               // as many as there are workers
inline constexpr std::chrono::milliseconds kCatalogStatement = 5s;  // then it is cancelled
inline constexpr auto kCatalogWait = 2s;         // for a connection; then the call fails as busy
inline constexpr auto kCatalogConnect = 5s;      // for the server to answer
inline constexpr auto kCatalogHang = 5s;         // past kCatalogStatement; then the connection ends
inline constexpr auto kCatalogRetryMin = 100ms;  // between two attempts to connect, doubling
inline constexpr auto kCatalogRetryMax = 5s;
inline constexpr auto kCommitPatience = 5s;  // to find out what became of a commit without answer

// Fan-out.
inline constexpr auto kCoalesceMax = 50ms;
inline constexpr auto kCoalesceMin = 5ms;
inline constexpr auto kGatherMax = 10ms;  // a busy shard that uses io_uring wakes so often
inline constexpr std::size_t kBatchBytes =
    64 * 1024;  // an open batch this large is flushed at once
inline constexpr std::size_t kSharedChatChannels = 6;
inline constexpr auto kChatDelayMax = 6s;  // until who is no moderator sees what is said
inline constexpr std::size_t kDelayedEvents = 10'000;  // of a channel; more: the oldest is shown
inline constexpr std::size_t kNamesMax =
    1000;  // above: only moderators are listed, no JOIN/PART of others
inline constexpr auto kMembershipInterval = 10s;

// History.
/// Events that are repeated to a session which comes back; older ones it is told to read.
inline constexpr std::size_t kMissedEvents = 1000;
/// So long a session that comes back waits for events that were delivered and are not stored yet.
inline constexpr auto kMissedPatience = 2s;
inline constexpr std::size_t kHistoryPage = 800;

// Ends and takeovers.
inline constexpr std::uint32_t kReconnectsPerSecond = 2000;  // clients asked to connect again
inline constexpr auto kDrain = 30s;             // in which all of them are asked, and closed
inline constexpr auto kReconnectGrace = 5s;     // of it, for the last ones to leave by themselves
inline constexpr auto kHandOverDrain = 1s;      // where the next process waits for the data folder
inline constexpr auto kTakeOverPatience = 60s;  // of that process
inline constexpr auto kControlPatience = 5s;    // of either end of the control socket

// EventSub.
inline constexpr std::size_t kSubscriptionsPerSession = 300;
inline constexpr std::size_t kEventSubSessionsPerUser = 3;  // and client id
inline constexpr std::uint32_t kSubscriptionCostMax = 10;
inline constexpr std::size_t kWebhooksPerClient = 1000;
inline constexpr std::size_t kEndedSubscriptions =
    10'000;  // listed for an hour; the oldest go first
inline constexpr auto kEndedSubscriptionsFor = 1h;
inline constexpr auto kRightsChecked = 60s;  // so often; what the server is told of ends at once
inline constexpr auto kWebhooksLookedAt =
    60s;  // so often several nodes compare theirs with the catalog, and ask a callback again
inline constexpr auto kTakeOver = 1s;  // then a reconnected session goes on without the old one
inline constexpr std::size_t kToldBeforeReconnect =
    10'000;  // ids of notifications that are not told again; the oldest go first
inline constexpr std::size_t kEventsHeld = 1000;     // while people who are mentioned are looked up
inline constexpr auto kEventsHeldFor = 1s;           // then they go out without those mentions
inline constexpr std::size_t kPeopleKnown = 20'000;  // logins and names that a shard remembers
inline constexpr std::size_t kWebhookQueue = 100;    // notifications of one webhook; more: dropped
inline constexpr std::size_t kWebhookPosts = 1000;   // handed to libcurl and not answered, in all

// AutoMod's model in a process of its own.
inline constexpr std::size_t kModelQueueMax = 65536;  // bounds of what can be set
inline constexpr std::size_t kModelBatch = 32;
inline constexpr std::size_t kModelBatchesUnderWay = 16;
inline constexpr std::chrono::milliseconds kModelDeadlineMax = 5s;
inline constexpr std::chrono::milliseconds kModelPauseMax = 10min;
inline constexpr std::size_t kModelAnswerBytes = 256 * 1024;  // of one batch; longer: nonsense
inline constexpr std::size_t kModelLabels = 64;
inline constexpr std::size_t kModelNameBytes =
    128;                                      // of its id and of its version; longer: unknown
inline constexpr auto kModelInfoEvery = 10s;  // the server is asked which model it has
inline constexpr std::chrono::milliseconds kModelInfoPatience = 2s;  // and for how long
inline constexpr double kModelLogitMax = 1000;                       // beyond: nonsense
inline constexpr std::size_t kUnixSocketPathBytes = 107;             // as the kernel has it

static_assert(kOutboxSoftBytes < kOutboxHardBytes);
static_assert(kBatchBytes <= kOutboxSoftBytes);
static_assert(kJwtBytes + sizeof("PASS oauth:") < kLineBytesIn);

}  // namespace clamor::limits
