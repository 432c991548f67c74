// Tensors in pages of 2 MiB where the system has them: a step goes over some 90 MB several times,
// and in pages of 4 KiB a tenth of its time is the translation of addresses.
#pragma once

#include <cstddef>
#include <vector>

namespace nibble {

/// Only a wish: nothing but the time changes if the system does not grant it.
void wish_large_pages(void* memory, std::size_t bytes);

/// tensor.resize(count), in large pages where that allocates.
template <typename Element>
void resize_tensor(std::vector<Element>& tensor, std::size_t count) {
  const bool grows = count > tensor.capacity();
  tensor.resize(count);
  if (grows) wish_large_pages(tensor.data(), count * sizeof(Element));
}

}  // namespace nibble
