// SPDX-License-Identifier: Apache-2.0
#include "store/spool.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "store/spool_segment.h"

namespace clamor::store {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".spool";
constexpr std::size_t kFreeSegmentsMax = 2;

/// The segments of a folder by number, with their paths.
Result<std::vector<std::pair<std::uint64_t, fs::path>>> list(const std::string& folder) {
    std::vector<std::pair<std::uint64_t, fs::path>> found;
    std::error_code code;
    for (fs::directory_iterator at(folder, code), end; !code && at != end; at.increment(code)) {
        const std::string name = at->path().filename().string();
        if (!name.ends_with(kSuffix)) continue;
        std::uint64_t number = 0;
        const char* const stop = name.data() + name.size() - kSuffix.size();
        if (std::from_chars(name.data(), stop, number, 16).ptr == stop && number != 0)
            found.emplace_back(number, at->path());
    }
    if (code) return fail(code, "the spool " + folder + " cannot be read");
    std::ranges::sort(found);
    return found;
}

std::optional<std::string> contents_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(file), {});
}

/// A new name is only durable once its folder is.
Result<void> flush_folder(const std::string& folder) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return fail_errno("opening " + folder);
    const int flushed = ::fsync(fd);
    ::close(fd);
    return flushed == 0 ? Result<void>() : fail_errno("flushing " + folder);
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(const SpoolOptions& options, const Reader& each) {
    std::error_code code;
    fs::create_directories(options.folder, code);
    if (code) return fail(code, "the spool " + options.folder + " cannot be made");
    std::unique_ptr<Spool> spool(new Spool(options));
    if (auto read = spool->read_left(each); !read) return tl::unexpected(read.error());
    spool->release(0);  // files without any
    return spool;
}

Result<void> Spool::peek(const std::string& folder, const Reader& each) {
    if (!fs::exists(folder)) return {};
    const auto found = list(folder);
    if (!found) return tl::unexpected(found.error());
    for (const auto& [number, path] : *found) {
        // What has been released and renamed meanwhile is in the log.
        if (const auto bytes = contents_of(path)) spool_segment::read(*bytes, number, each);
    }
    return {};
}

Spool::~Spool() {
    close_file();
    // Nothing of it is needed, so that the next process has nothing to read.
    if (segments_.size() == 1 && segments_.front().records_end <= released_)
        make_free(segments_.front());
}

std::string Spool::path_of(std::uint64_t number) const {
    return fmt::format("{}/{:016x}{}", options_.folder, number, kSuffix);
}

Result<void> Spool::read_left(const Reader& each) {
    const auto found = list(options_.folder);
    if (!found) return tl::unexpected(found.error());
    Segment* cut_short = nullptr;  // only the last segment with records may be
    for (const auto& [number, path] : *found) {
        const auto bytes = contents_of(path);
        if (!bytes) return fail(std::errc::io_error, path.string() + " cannot be read");
        const auto read = spool_segment::read(*bytes, number, each);
        next_number_ = number + 1;
        left_ += read.records;
        segments_.push_back({.number = number,
                             .bytes = bytes->size(),
                             .records_end = left_,
                             .open_end = read.records > 0 && !read.closed ? read.end : 0});
        held_bytes_ += bytes->size();
        if (read.unreadable_bytes > 0) keep_aside(segments_.back());
        if (read.records == 0) continue;
        if (cut_short != nullptr) keep_aside(*cut_short);
        cut_short = read.closed ? nullptr : &segments_.back();
    }
    appended_ = left_;
    for (const Segment& segment : segments_) {
        // One with damage is to be known as such by the next process as well.
        if (segment.open_end == 0 || segment.damaged) continue;
        if (auto closed = close_left(segment); !closed) return closed;
    }
    return {};
}

void Spool::keep_aside(Segment& segment) {
    if (segment.damaged) return;
    segment.damaged = true;
    log::error("a segment of the spool is damaged and kept aside: messages may be missing",
               {{"file", path_of(segment.number) + ".damaged"}});
}

Result<void> Spool::close_left(const Segment& segment) {
    const std::string path = path_of(segment.number);
    const std::string end = spool_segment::make_end(segment.number);
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return fail_errno("opening " + path);
    Result<void> closed;
    if (::pwrite(fd, end.data(), end.size(), static_cast<off_t>(segment.open_end)) !=
            static_cast<ssize_t>(end.size()) ||
        ::fdatasync(fd) != 0)
        closed = fail_errno("closing " + path);
    ::close(fd);
    return closed;
}

Result<std::uint64_t> Spool::read(std::uint64_t from, std::uint64_t upto, const Reader& each) {
    Segment segment;
    std::uint64_t begin = 0;  // of its records
    {
        const std::lock_guard lock(mutex_);
        begin = first_record_;
        auto at = segments_.begin();
        for (; at != segments_.end() && at->records_end <= from; ++at) begin = at->records_end;
        CLAMOR_CHECK(at != segments_.end() && begin <= from, "what is read is in the spool");
        segment = *at;
    }
    upto = std::min(upto, segment.records_end);
    const auto bytes = contents_of(path_of(segment.number));
    if (!bytes) return fail(std::errc::io_error, path_of(segment.number) + " cannot be read");
    std::vector<std::string_view> records;
    spool_segment::read(
        *bytes, segment.number, [&](std::string_view record) { records.push_back(record); },
        upto - begin);
    records.resize(std::min<std::size_t>(records.size(), upto - begin));
    if (records.size() < upto - begin) {
        const std::lock_guard lock(mutex_);
        for (Segment& one : segments_) {
            if (one.number == segment.number) keep_aside(one);
        }
    }
    // The last ones of what is there: some come again rather than that some are left out.
    const std::size_t wanted = std::min<std::size_t>(records.size(), upto - from);
    for (std::size_t i = records.size() - wanted; i < records.size(); ++i) each(records[i]);
    return upto;
}

Result<void> Spool::append(std::span<const std::string> records) {
    const std::uint64_t number = segments_.empty() ? 0 : segments_.back().number;
    std::string frame = spool_segment::make_frame(number, records);
    const std::size_t room = frame.size() + spool_segment::kFrameHeaderBytes;
    if (fd_ < 0 || end_ + room > segments_.back().bytes) {
        if (auto started = start_segment(spool_segment::kHeaderBytes + room); !started)
            return started;
        frame = spool_segment::make_frame(segments_.back().number, records);
    }
    if (auto written = write(frame, end_); !written) return written;
    if (::fdatasync(fd_) != 0) return fail_errno("flushing " + path_of(segments_.back().number));
    end_ += frame.size();
    appended_ += records.size();
    const std::lock_guard lock(mutex_);
    segments_.back().records_end = appended_;
    return {};
}

Result<void> Spool::start_segment(std::size_t bytes) {
    const std::uint64_t number = next_number_;
    const std::string path = path_of(number);
    Segment segment{.number = number, .bytes = std::max(bytes, options_.segment_bytes)};
    if (held_bytes_ + segment.bytes > options_.bytes_max) {
        return fail(std::errc::no_buffer_space,
                    fmt::format("the spool {} is at its bound of {} bytes", options_.folder,
                                options_.bytes_max));
    }
    const auto reused =
        std::ranges::find_if(free_, [&](const Segment& one) { return one.bytes >= segment.bytes; });
    if (reused != free_.end()) {
        segment.bytes = reused->bytes;
        if (std::rename(path_of(reused->number).c_str(), path.c_str()) != 0)
            return fail_errno("renaming a segment to " + path);
        free_.erase(reused);
    } else if (auto made = make_file(path, segment.bytes); !made) {
        return made;
    }
    if (auto flushed = flush_folder(options_.folder); !flushed) return flushed;
    if (fd_ >= 0) {
        if (auto ended = write(spool_segment::make_end(segments_.back().number), end_); !ended)
            return ended;
        if (::fdatasync(fd_) != 0) return fail_errno("flushing a segment of the spool");
    }
    // The header first: without it, what is appended later would not be read.
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return fail_errno("opening " + path);
    const std::string header = spool_segment::make_header(number);
    if (::pwrite(fd, header.data(), header.size(), 0) != static_cast<ssize_t>(header.size())) {
        auto failed = fail_errno("writing " + path);
        ::close(fd);
        return failed;
    }
    close_file();
    fd_ = fd;
    ++next_number_;
    segment.records_end = appended_;
    {
        const std::lock_guard lock(mutex_);
        segments_.push_back(segment);
    }
    held_bytes_ += segment.bytes;
    end_ = spool_segment::kHeaderBytes;
    return {};
}

Result<void> Spool::make_file(const std::string& path, std::size_t bytes) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return fail_errno("making " + path);
    const std::string zeros(bytes, '\0');
    Result<void> made;
    const ssize_t written = ::write(fd, zeros.data(), zeros.size());
    if (written < 0) {
        made = fail_errno("writing " + path);
    } else if (static_cast<std::size_t>(written) != zeros.size()) {
        made = fail(std::errc::no_space_on_device, "writing " + path);
    } else if (::fsync(fd) != 0) {
        made = fail_errno("flushing " + path);
    }
    ::close(fd);
    if (!made) ::unlink(path.c_str());
    return made;
}

Result<void> Spool::write(std::string_view bytes, std::size_t at) {
    while (!bytes.empty()) {
        const ssize_t written = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (written < 0) {
            if (errno == EINTR) continue;
            return fail_errno("writing " + path_of(segments_.back().number));
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
        at += static_cast<std::size_t>(written);
    }
    return {};
}

void Spool::release(std::uint64_t before) {
    released_ = std::max(released_, before);
    while (!segments_.empty() && segments_.front().records_end <= released_) {
        // The last one is written to.
        if (segments_.size() == 1 && fd_ >= 0) return;
        Segment segment;
        {
            const std::lock_guard lock(mutex_);
            segment = segments_.front();
            first_record_ = segment.records_end;
            segments_.pop_front();
        }
        make_free(segment);
    }
}

void Spool::make_free(const Segment& segment) {
    held_bytes_ -= segment.bytes;
    const std::string path = path_of(segment.number);
    if (segment.damaged) {
        std::rename(path.c_str(), (path + ".damaged").c_str());
        return;
    }
    if (free_.size() < kFreeSegmentsMax && segment.bytes == options_.segment_bytes) {
        // Its records are not read again: the header names no segment.
        const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
        const std::string none(spool_segment::kHeaderBytes, '\0');
        const bool cleared = fd >= 0 && ::pwrite(fd, none.data(), none.size(), 0) ==
                                            static_cast<ssize_t>(none.size());
        if (fd >= 0) ::close(fd);
        if (cleared) {
            free_.push_back(segment);
            return;
        }
    }
    ::unlink(path.c_str());
}

void Spool::close_file() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace clamor::store
