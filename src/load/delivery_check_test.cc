// SPDX-License-Identifier: Apache-2.0
#include "load/delivery_check.h"

#include <gtest/gtest.h>

namespace clamor::load {
namespace {

using Arrival = DeliveryCheck::Arrival;

TEST(DeliveryCheck, CountsMessagesInOrder) {
    DeliveryCheck check;
    for (std::uint32_t number = 0; number < 200; ++number)
        EXPECT_EQ(check.record(number), Arrival::in_order);
    EXPECT_EQ(check.arrived(), 200u);
}

TEST(DeliveryCheck, TellsAGapAndWhatFillsIt) {
    DeliveryCheck check;
    EXPECT_EQ(check.record(0), Arrival::in_order);
    EXPECT_EQ(check.record(130), Arrival::early);
    EXPECT_EQ(check.record(131), Arrival::in_order);
    EXPECT_EQ(check.record(1), Arrival::late);
    EXPECT_EQ(check.arrived(), 4u);  // of 132 sent: 128 are lost
}

TEST(DeliveryCheck, TellsADuplicateWhereverItStands) {
    DeliveryCheck check;
    check.record(0);
    check.record(5);
    check.record(3);
    EXPECT_EQ(check.record(0), Arrival::duplicate);
    EXPECT_EQ(check.record(5), Arrival::duplicate);
    EXPECT_EQ(check.record(3), Arrival::duplicate);
    EXPECT_EQ(check.arrived(), 3u);
}

TEST(DeliveryCheck, IsOvertakenOnlyByTheSameSender) {
    const auto sender_of = [](std::uint32_t number) { return number % 2; };
    DeliveryCheck check;
    check.record(1);
    EXPECT_EQ(check.record(0), Arrival::late);
    EXPECT_FALSE(check.overtaken_by_own(0, sender_of));
    check.record(4);
    EXPECT_EQ(check.record(2), Arrival::late);
    EXPECT_TRUE(check.overtaken_by_own(2, sender_of));
    EXPECT_EQ(check.record(3), Arrival::late);
    EXPECT_FALSE(check.overtaken_by_own(3, sender_of));
}

TEST(OrderOfAll, IsWhatTheFirstSawAndNobodySeesAnother) {
    OrderOfAll order;
    DeliveryCheck first, second, other, partial;
    for (const std::uint32_t number : {2u, 0u, 1u}) {
        first.record(number);
        EXPECT_TRUE(order.agrees(first));
    }
    for (const std::uint32_t number : {2u, 0u, 1u, 3u}) {
        second.record(number);
        EXPECT_TRUE(order.agrees(second));
    }
    other.record(2);
    EXPECT_TRUE(order.agrees(other));
    other.record(1);
    EXPECT_FALSE(order.agrees(other));
    other.record(0);
    EXPECT_FALSE(order.agrees(other)) << "the same messages, in another order";
    partial.record(0);
    EXPECT_FALSE(order.agrees(partial)) << "the first one is missing";
}

TEST(DeliveryCheck, ForgetsOnReset) {
    DeliveryCheck check;
    check.record(0);
    check.reset();
    EXPECT_EQ(check.arrived(), 0u);
    EXPECT_EQ(check.order(), DeliveryCheck().order());
    EXPECT_EQ(check.record(0), Arrival::in_order);
}

}  // namespace
}  // namespace clamor::load
