#include "sim/compiler/stream_buffer.h"

#include <algorithm>
#include <stdexcept>

namespace nibble {

StreamBuffer::Grant StreamBuffer::grant(Bytes begin, Bytes end) {
  if (end > bytes_) throw std::logic_error("stream buffer: a block does not fit");
  Grant grant{begin, end, {}};
  // Whoever takes these bytes next waits for us, and we wait for these.
  auto kept = uses_.begin();
  for (const Use& use : uses_) {
    if (use.begin < end && begin < use.end) grant.earlier_users.push_back(use.command);
    if (use.begin < begin || use.end > end) *kept++ = use;
  }
  uses_.erase(kept, uses_.end());
  return grant;
}

StreamBuffer::Grant StreamBuffer::take_held(Bytes bytes) {
  ring_begin_ = bytes;
  next_ = std::max(next_, bytes);
  return grant(0, bytes);
}

StreamBuffer::Grant StreamBuffer::take(Bytes bytes) {
  if (next_ + bytes > bytes_) next_ = ring_begin_;
  const Bytes begin = next_;
  next_ += bytes;
  return grant(begin, next_);
}

void StreamBuffer::clear() {
  uses_.clear();
  ring_begin_ = next_ = 0;
}

void StreamBuffer::add_user(Bytes begin, Bytes end, std::uint32_t command) {
  uses_.push_back({begin, end, command});
}

}  // namespace nibble
