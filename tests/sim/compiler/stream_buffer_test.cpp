#include "sim/compiler/stream_buffer.h"

#include <stdexcept>

#include <catch2/catch.hpp>

namespace nibble {

using Users = std::vector<std::uint32_t>;

TEST_CASE("A ring hands out bytes in order and names who must be done with them") {
  StreamBuffer buffer(100);
  const auto first = buffer.take(40);
  CHECK(first.begin == 0);
  CHECK(first.end == 40);
  CHECK(first.earlier_users.empty());
  buffer.add_user(first.begin, first.end, 1);
  const auto second = buffer.take(60);  // just fits behind the first
  CHECK(second.begin == 40);
  CHECK(second.end == 100);
  buffer.add_user(second.begin, second.end, 2);
  const auto third = buffer.take(41);  // wraps, over all of the first and one byte of the second
  CHECK(third.begin == 0);
  CHECK(third.end == 41);
  CHECK(third.earlier_users == Users{1, 2});
  buffer.add_user(third.begin, third.end, 3);
  const auto fourth = buffer.take(59);
  CHECK(fourth.begin == 41);
  CHECK(fourth.earlier_users == Users{2});  // the first is behind the third, who waited for it
}

TEST_CASE("Held bytes are kept out of the ring") {
  StreamBuffer buffer(100);
  const auto held = buffer.take_held(30);
  CHECK(held.begin == 0);
  CHECK(held.end == 30);
  buffer.add_user(0, 30, 1);
  const auto a = buffer.take(35);
  CHECK(a.begin == 30);
  const auto b = buffer.take(36);  // one byte more than what is left
  CHECK(b.begin == 30);
  CHECK(b.earlier_users.empty());  // nobody used `a`
  buffer.add_user(b.begin, b.end, 2);
  const auto more = buffer.take_held(31);
  CHECK(more.earlier_users == Users{1, 2});
}

TEST_CASE("A piece larger than the ring is refused") {
  StreamBuffer buffer(100);
  (void)buffer.take_held(30);
  CHECK_NOTHROW(buffer.take(70));
  CHECK_THROWS_AS(buffer.take(71), std::logic_error);
  CHECK_THROWS_AS(buffer.take_held(101), std::logic_error);
}

TEST_CASE("A cleared buffer holds nothing and waits for nobody") {
  StreamBuffer buffer(100);
  (void)buffer.take_held(90);
  buffer.add_user(0, 90, 1);
  buffer.clear();
  const auto all = buffer.take(100);
  CHECK(all.begin == 0);
  CHECK(all.earlier_users.empty());
}

}  // namespace nibble
