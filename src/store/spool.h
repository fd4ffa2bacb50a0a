// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/result.h"

namespace clamor::store {

struct SpoolOptions {
    std::string folder;  ///< made where there is none
    std::size_t segment_bytes = limits::kSpoolSegmentBytes;
    std::uint64_t bytes_max = limits::kSpoolBytes;
};

/// An append-only file, in segments, of records that are on their way to the message log: they are
/// on disk here at once and leave when they are in the log. Segments are written full length when
/// they are made and used again, so that an append changes nothing but bytes of the file.
///
/// Records are numbered from 0 at open(), those that an earlier process left first. One thread at a
/// time, but for read(). After any error the spool stays usable; what failed was not appended.
class Spool {
  public:
    using Reader = std::function<void(std::string_view record)>;

    /// Hands what an earlier process left behind to `each`, oldest first, a segment at a time; it
    /// stays on disk until it is released. A segment with damage is kept aside, named in the log,
    /// and what can be read of it is read.
    static Result<std::unique_ptr<Spool>> open(const SpoolOptions& options, const Reader& each);
    /// Reads the spool of a process that may be running; changes nothing.
    static Result<void> peek(const std::string& folder, const Reader& each);
    ~Spool();
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;

    /// Records of an earlier process.
    std::uint64_t left() const { return left_; }
    /// Writes the records as one group and flushes the disk: all are durable when it returns, or
    /// none counts. std::errc::no_buffer_space: the spool is at its bound.
    Result<void> append(std::span<const std::string> records);
    /// The records before this number are not needed any more.
    void release(std::uint64_t before);
    /// Hands the records from number `from` on to `each`, those of one segment at most and none
    /// from `upto` on, and answers the number behind them. They are there: neither released nor
    /// still to be appended. Where the disk has lost some since, the segment is kept aside, and one
    /// or another may come once more. Another thread may do this beside the others.
    Result<std::uint64_t> read(std::uint64_t from, std::uint64_t upto, const Reader& each);

    /// Of the segments that hold records.
    std::uint64_t bytes() const { return held_bytes_; }

  private:
    struct Segment {
        std::uint64_t number = 0;
        std::size_t bytes = 0;          ///< its length on disk
        std::uint64_t records_end = 0;  ///< the number behind its records
        bool damaged = false;
        std::size_t open_end = 0;  ///< of an earlier process: where its closing frame lacks
    };
    explicit Spool(SpoolOptions options) : options_(std::move(options)) {}

    std::string path_of(std::uint64_t number) const;
    Result<void> read_left(const Reader& each);
    /// The last one of an earlier process, so that others can come behind it.
    Result<void> close_left(const Segment& segment);
    /// Opens the next segment, of at least `bytes`, for writing.
    Result<void> start_segment(std::size_t bytes);
    Result<void> make_file(const std::string& path, std::size_t bytes);
    Result<void> write(std::string_view bytes, std::size_t at);
    void keep_aside(Segment& segment);
    void make_free(const Segment& segment);
    void close_file();

    const SpoolOptions options_;
    std::mutex mutex_;                ///< of the next two, which read() looks into
    std::deque<Segment> segments_;    ///< with records; the last is written to, where fd_ is open
    std::uint64_t first_record_ = 0;  ///< the number of the first record in them
    std::vector<Segment> free_;       ///< to be used again
    std::uint64_t next_number_ = 1;
    std::uint64_t left_ = 0;
    std::uint64_t appended_ = 0;
    std::uint64_t released_ = 0;
    std::uint64_t held_bytes_ = 0;
    int fd_ = -1;          ///< of the last segment
    std::size_t end_ = 0;  ///< where the next frame goes
};

}  // namespace clamor::store
