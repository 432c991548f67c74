// libtorch and Catch2 in one file: glog, which libtorch brings along, has a CHECK of its own that
// must go before Catch2 defines its.
#pragma once

#include <torch/torch.h>

#undef CHECK
#include <catch2/catch.hpp>
