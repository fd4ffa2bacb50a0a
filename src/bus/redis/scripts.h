// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// What runs inside Redis. Numbers stay below 2^53, which Lua's doubles hold exactly.
namespace clamor::bus::redis {

/// Gives an envelope its place and tells everybody. KEYS: the stream, its head (a hash), the places
/// of the node's newest numbers (a hash, written in turn). ARGV:
/// topic, PUBLISH or SPUBLISH, envelope, node, number, run id of the server, known epoch, known
/// sequence, what the sequence skips at least in a new epoch, entries kept, seconds that an idle
/// stream and an idle head are kept, the node's number before this one (0: it does not matter),
/// what the region's sequences begin behind, how many places are kept. Answers the entry id, also
/// where this number was published before; empty: it was, and its place is not known any more. An
/// error CLAMOR: the number before this one was not.
///
/// The head has the last position, the server's run in which it was given, and each node's last
/// number. Another run may have lost what was last, also what an earlier one began with: so an
/// epoch skips to behind as many steps as there have been seconds since 1970. Whole steps, so that
/// who knows two positions can tell how many events lie between them.
inline constexpr std::string_view kPublishScript = R"(
local stream, head = KEYS[1], KEYS[2]
local number = tonumber(ARGV[5])
local had = redis.call('HMGET', head, 'epoch', 'sequence', 'run', ARGV[4])
local done, before = tonumber(had[4] or 0), tonumber(ARGV[13])
if done >= number then
    for _, one in ipairs(redis.call('HGETALL', KEYS[3])) do
        local of, place = string.match(one, '^(%d+) (.*)$')
        if of == ARGV[5] then return place end
    end
    return ''
end
if done < before then return redis.error_reply('CLAMOR out of turn') end
local epoch, sequence = tonumber(had[1] or 0), tonumber(had[2] or 0)
local base = tonumber(ARGV[14])
local function begin_epoch()
    local time = redis.call('TIME')
    local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)
    if newest[1] then
        local old_epoch, old_sequence = string.match(newest[1][1], '(%d+)-(%d+)')
        epoch = math.max(epoch, tonumber(old_epoch))
        sequence = math.max(sequence, tonumber(old_sequence))
    end
    epoch = math.max(time[1] * 1000 + math.floor(time[2] / 1000), epoch + 1, ARGV[7] + 1)
    local step = tonumber(ARGV[9])
    local known = math.max(sequence, tonumber(ARGV[8]), base) - base
    local steps = math.max(math.floor(known / step) + 1, tonumber(time[1]))
    sequence = base + steps * step + known % step
end
local epoch_text, sequence_text, id
local function append()
    epoch_text, sequence_text = string.format('%.0f', epoch), string.format('%.0f', sequence + 1)
    id = epoch_text .. '-' .. sequence_text
    local added = redis.pcall('XADD', stream, 'MAXLEN', '~', ARGV[10], id, 'e', ARGV[3])
    if type(added) == 'table' then return added end
end
if had[3] ~= ARGV[6] or sequence < base then begin_epoch() end
local fault = append()
if fault and string.find(fault.err, 'equal or smaller', 1, true) then
    begin_epoch()  -- somebody else has written to the stream
    fault = append()
end
if fault then return fault end
if redis.call('HLEN', head) > 1000 then redis.call('DEL', head) end
redis.call('HSET', head, 'epoch', epoch_text, 'sequence', sequence_text, 'run', ARGV[6], ARGV[4], ARGV[5])
redis.call('HSET', KEYS[3], string.format('%.0f', sequence % ARGV[15]), ARGV[5] .. ' ' .. id)
redis.call('EXPIRE', KEYS[3], ARGV[11])
redis.call('EXPIRE', stream, ARGV[11])
redis.call('EXPIRE', head, ARGV[12])
redis.call(ARGV[2], ARGV[1], id .. ' ' .. ARGV[3])
return id
)";

/// A sliding window over exact times. KEYS: a sorted set. ARGV: how many, the window in
/// microseconds, a member that is used once, the time in microseconds (empty: the server's).
/// Answers allowed (1 or 0), how many are left, milliseconds to wait.
inline constexpr std::string_view kWindowScript = R"(
local key, count, length = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local now
if ARGV[4] ~= '' then
    now = tonumber(ARGV[4])
else
    local time = redis.call('TIME')
    now = time[1] * 1000000 + time[2]
end
local newest = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')
if newest[2] then now = math.max(now, tonumber(newest[2])) end
redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now - length))
local used = redis.call('ZCARD', key)
if used < count then
    redis.call('ZADD', key, string.format('%.0f', now), ARGV[3])
    redis.call('PEXPIRE', key, string.format('%.0f', math.ceil(length / 1000)))
    return {1, count - used - 1, 0}
end
if count == 0 then return {0, 0, math.ceil(length / 1000)} end
local blocking = redis.call('ZRANGE', key, used - count, used - count, 'WITHSCORES')
return {0, 0, math.ceil((tonumber(blocking[2]) + length - now) / 1000)}
)";

/// Who is in a channel. KEYS: a hash with a field for each node. ARGV: node, what it says (empty:
/// nobody is there), milliseconds that this holds (0: it says nothing). Answers what the others
/// say.
inline constexpr std::string_view kPresenceScript = R"(
local key, node, kept = KEYS[1], ARGV[1], tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if kept == 0 then
    -- only asks
elseif ARGV[2] == '' then
    redis.call('HDEL', key, node)
else
    redis.call('HSET', key, node, string.format('%.0f', now + kept) .. ' ' .. ARGV[2])
    redis.call('PEXPIRE', key, ARGV[3])
end
local all, others = redis.call('HGETALL', key), {}
for i = 1, #all, 2 do
    if all[i] ~= node then
        local until_then, said = string.match(all[i + 1], '^(%d+) (.*)$')
        if until_then and tonumber(until_then) > now then
            others[#others + 1] = said
        else
            redis.call('HDEL', key, all[i])
        end
    end
end
return others
)";

}  // namespace clamor::bus::redis
