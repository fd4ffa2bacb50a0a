// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace clamor {

/// A move-only callable that is run once: what shards and workers hand to each other. Up to 64
/// bytes of captures are held inline; more are allocated.
class Task {
  public:
    Task() = default;
    template <class F>
    requires(!std::is_same_v<std::decay_t<F>, Task> && std::is_invocable_v<std::decay_t<F>&>)
        Task(F&& f) {  // NOLINT(google-explicit-constructor): a lambda is a task
        using Fn = std::decay_t<F>;
        if constexpr (sizeof(Fn) <= kInline && alignof(Fn) <= alignof(std::max_align_t) &&
                      std::is_nothrow_move_constructible_v<Fn>) {
            new (&storage_) Fn(std::forward<F>(f));
            ops_ = &kInlineOps<Fn>;
        } else {
            *reinterpret_cast<Fn**>(&storage_) = new Fn(std::forward<F>(f));
            ops_ = &kHeapOps<Fn>;
        }
    }
    Task(Task&& other) noexcept { take(other); }
    Task& operator=(Task&& other) noexcept {
        if (this != &other) {
            reset();
            take(other);
        }
        return *this;
    }
    ~Task() { reset(); }

    explicit operator bool() const { return ops_ != nullptr; }
    void operator()() { ops_->invoke(&storage_); }

  private:
    static constexpr std::size_t kInline = 64;
    struct Ops {
        void (*invoke)(void*);
        void (*move)(void* from, void* to);
        void (*destroy)(void*);
    };
    template <class Fn>
    static constexpr Ops kInlineOps{[](void* p) { (*static_cast<Fn*>(p))(); },
                                    [](void* from, void* to) {
                                        new (to) Fn(std::move(*static_cast<Fn*>(from)));
                                        static_cast<Fn*>(from)->~Fn();
                                    },
                                    [](void* p) { static_cast<Fn*>(p)->~Fn(); }};
    template <class Fn>
    static constexpr Ops kHeapOps{
        [](void* p) { (**static_cast<Fn**>(p))(); },
        [](void* from, void* to) { *static_cast<Fn**>(to) = *static_cast<Fn**>(from); },
        [](void* p) { delete *static_cast<Fn**>(p); }};

    void take(Task& other) {
        ops_ = other.ops_;
        if (ops_ != nullptr) ops_->move(&other.storage_, &storage_);
        other.ops_ = nullptr;
    }
    void reset() {
        if (ops_ != nullptr) ops_->destroy(&storage_);
        ops_ = nullptr;
    }

    alignas(std::max_align_t) std::byte storage_[kInline];
    const Ops* ops_ = nullptr;
};

}  // namespace clamor
