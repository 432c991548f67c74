#include "sim/silicon/silicon.h"

namespace nibble {
namespace {

MacEnergy scaled(MacEnergy mac, double factor) {
  for (double MacEnergy::*part : {&MacEnergy::constant_pj, &MacEnergy::column_pj,
                                  &MacEnergy::streamed_pj, &MacEnergy::nonzero_pj}) {
    mac.*part *= factor;
  }
  return mac;
}

}  // namespace

const char* fp16_unit_name(Fp16Unit unit) { return unit == Fp16Unit::fma ? "fma" : "dot_product"; }

double Silicon::nibble4_mac_um2(int lanes) const {
  return given_ratio ? fp16_mac_um2(lanes) / *given_ratio : cells.nibble4_mac.mac_um2(lanes);
}

double Silicon::fp16_mac_um2(int lanes) const {
  return fp16_unit == Fp16Unit::fma ? cells.fp16_fma.um2 : cells.fp16_dot.mac_um2(lanes);
}

MacEnergy Silicon::fp16_mac_energy(int lanes) const {
  return scaled(cells.energies.fp16_fma, fp16_mac_um2(lanes) / cells.fp16_fma.um2);
}

MacEnergy Silicon::fp8_mac_energy() const {
  return scaled(cells.energies.fp16_fma, cells.fp8_fma.um2 / cells.fp16_fma.um2);
}

MacEnergy Silicon::fp16_adder_energy() const {
  if (fp16_unit == Fp16Unit::dot_product) return {};
  return scaled(cells.energies.fp16_fma, cells.fp16_adder.um2 / cells.fp16_fma.um2);
}

double Silicon::area_ratio(int lanes) const { return fp16_mac_um2(lanes) / nibble4_mac_um2(lanes); }

std::string Silicon::fp16_netlist(int lanes) const {
  return fp16_unit == Fp16Unit::fma ? cells.fp16_fma.netlist : cells.fp16_dot.netlists(lanes);
}

SiliconColumn Silicon::nibble4_column(int lanes) const {
  return {lanes * nibble4_mac_um2(lanes), 1};
}

SiliconColumn Silicon::fp16_column(int lanes) const {
  const double macs_um2 = lanes * fp16_mac_um2(lanes);
  if (fp16_unit == Fp16Unit::fma) return {macs_um2 + cells.fp16_adder.um2, 0};
  return {macs_um2, 1};
}

}  // namespace nibble
