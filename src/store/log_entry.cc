// SPDX-License-Identifier: Apache-2.0
#include "store/log_entry.h"

#include <cstring>

#include "base/little_endian.h"

namespace clamor::store {

namespace {

enum class Kind : std::uint8_t { message = 1, deletion = 2, restoration = 3 };

void put_id(std::string& out, const MessageId& id) {
    out.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
}

/// Takes fields from the front; once something is missing, everything after it is zero.
class Fields {
  public:
    explicit Fields(std::string_view bytes) : left_(bytes) {}

    template <class Number>
    Number number() {
        const std::string_view bytes = take(sizeof(Number));
        return bytes.empty() ? Number{} : little_endian::read<Number>(bytes);
    }
    MessageId id() {
        MessageId id;
        const std::string_view bytes = take(id.bytes.size());
        if (!bytes.empty()) std::memcpy(id.bytes.data(), bytes.data(), bytes.size());
        return id;
    }
    std::string_view rest() { return take(left_.size()); }
    bool complete() const { return !missing_ && left_.empty(); }
    std::size_t left() const { return left_.size(); }

  private:
    std::string_view take(std::size_t size) {
        if (missing_ || left_.size() < size) {
            missing_ = true;
            return {};
        }
        const std::string_view bytes = left_.substr(0, size);
        left_.remove_prefix(size);
        return bytes;
    }

    std::string_view left_;
    bool missing_ = false;
};

void encode(const StoredMessage& message, std::string& out) {
    using little_endian::append;
    append(out, static_cast<std::uint8_t>(Kind::message));
    append(out, message.channel.value);
    append(out, message.position.epoch);
    append(out, message.position.sequence);
    put_id(out, message.id);
    append(out, unix_ms(message.sent_at));
    append(out, message.author.value);
    append(out, static_cast<std::uint8_t>(message.deleted));
    append(out, static_cast<std::uint8_t>(message.kind));
    out += message.event;
}

void encode(const Deletion& deletion, std::string& out) {
    using little_endian::append;
    append(out, static_cast<std::uint8_t>(Kind::deletion));
    append(out, deletion.channel.value);
    put_id(out, deletion.by);
    append(out, deletion.author.value);
    append(out, deletion.up_to_sequence);
    append(out, static_cast<std::uint32_t>(deletion.ids.size()));
    for (const MessageId& id : deletion.ids) put_id(out, id);
}

void encode(const Restoration& restoration, std::string& out) {
    little_endian::append(out, static_cast<std::uint8_t>(Kind::restoration));
    little_endian::append(out, restoration.channel.value);
    put_id(out, restoration.by);
}

StoredMessage decode_message(Fields& fields) {
    StoredMessage message;
    message.channel = ChannelId(fields.number<std::uint64_t>());
    message.position.epoch = fields.number<std::uint64_t>();
    message.position.sequence = fields.number<std::uint64_t>();
    message.id = fields.id();
    message.sent_at = wall_from_unix_ms(fields.number<std::int64_t>());
    message.author = UserId(fields.number<std::uint64_t>());
    message.deleted = fields.number<std::uint8_t>() != 0;
    message.kind = static_cast<EntryKind>(fields.number<std::uint8_t>());
    message.event = fields.rest();
    return message;
}

Deletion decode_deletion(Fields& fields) {
    Deletion deletion;
    deletion.channel = ChannelId(fields.number<std::uint64_t>());
    deletion.by = fields.id();
    deletion.author = UserId(fields.number<std::uint64_t>());
    deletion.up_to_sequence = fields.number<std::uint64_t>();
    const auto count = fields.number<std::uint32_t>();
    if (count > fields.left() / sizeof(MessageId::bytes)) {
        fields.rest();  // more ids than bytes: the fields are found incomplete
        fields.number<std::uint8_t>();
        return deletion;
    }
    for (std::uint32_t i = 0; i < count; ++i) deletion.ids.push_back(fields.id());
    return deletion;
}

}  // namespace

ChannelId channel_of(const LogEntry& entry) {
    return std::visit([](const auto& one) { return one.channel; }, entry);
}

void encode_log_entry(const LogEntry& entry, std::string& out) {
    std::visit([&](const auto& one) { encode(one, out); }, entry);
}

Result<LogEntry> decode_log_entry(std::string_view bytes) {
    Fields fields(bytes);
    LogEntry entry;
    const auto kind = static_cast<Kind>(fields.number<std::uint8_t>());
    switch (kind) {
        case Kind::message: {
            StoredMessage message = decode_message(fields);
            if (message.kind < EntryKind::message || message.kind > EntryKind::moderation)
                return fail(std::errc::bad_message, "a message of a kind that does not exist");
            entry = std::move(message);
            break;
        }
        case Kind::deletion:
            entry = decode_deletion(fields);
            break;
        case Kind::restoration: {
            Restoration restoration;
            restoration.channel = ChannelId(fields.number<std::uint64_t>());
            restoration.by = fields.id();
            entry = restoration;
            break;
        }
        default:
            return fail(std::errc::bad_message, "neither a message nor a deletion nor its undoing");
    }
    if (!fields.complete())
        return fail(std::errc::bad_message, "an entry that is too short or too long for its kind");
    return entry;
}

}  // namespace clamor::store
