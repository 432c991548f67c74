#include "sim/driver/validate.h"

#include <iostream>

#include <fmt/format.h>

#include "sim/driver/validate/checks.h"
#include "sim/driver/validate/table.h"
#include "sim/driver/validate/vector_check.h"
#include "sim/tile/tile_rtl.h"

namespace nibble {
namespace {

std::string geometry_name(const TileGeometry& geometry) {
  return fmt::format("{} {}x{} tile",
                     geometry.precision == TilePrecision::nibble4 ? "4-bit" : "FP16",
                     geometry.lanes, geometry.cols);
}

}  // namespace

const char* const kValidateVectorsHelp =
    "One vector a line; blank lines and lines beginning with # are skipped.\n"
    "  round32,x,r            binary32 x rounds to fp16 r\n"
    "  add,a,b,r              a + b = r\n"
    "  fma,a,b,c,r            a * b + c = r, one rounding\n"
    "  fp4,x,phase,r          fp16 x quantised to fp4; phase 0 even, 1 odd\n"
    "  pact,x,scale,r         fp16 x quantised to u4 with scale fp16(15 / alpha)\n"
    "  gemm,M,N,K,mode,A,B,C  C = A * B, ChunkLen 64, accumulator fp16\n"
    "Codes are hexadecimal: binary32 8 digits, fp16 (DLFloat16) 4, 4-bit codes 1, no fewer. M, N,\n"
    "K are decimal. A and B are row-major, one digit a code; C is row-major, fp16 codes separated "
    "by\n"
    "spaces. mode is the streaming operand u, i, e or o (u4, s4, fp4 even, fp4 odd), then the\n"
    "stationary one u or i (u4, s4).\n";

int run_validate(const ValidateOptions& options, std::ostream& out) {
  if (!options.vectors_file.empty()) return check_vector_file(options.vectors_file, out) ? 0 : 1;

  const CheckScope scope{options.seed, options.quick};
  RtlProbe probe;
  ValidationTable table(out);
  table.run("multiplier, all pairs, modes and lanes",
            [&](UnitCheck& check) { check_multiplier(check, scope); });
  table.run("chunk rounder, every sum",
            [&](UnitCheck& check) { check_chunk_rounder(check, scope, probe); });
  using ProbeCheck = void (*)(UnitCheck&, const CheckScope&, RtlProbe&);
  const std::vector<std::pair<const char*, ProbeCheck>> units = {
      {"accumulator adder", check_adder},
      {"FP16 fused multiply-add", check_fma},
      {"rounder binary32 to fp16", check_round32},
      {"quantiser fp4, every input", check_fp4},
      {"quantiser u4 (PACT), every input", check_pact},
      {"quantiser s4 from fp16, every input", check_s4},
      {"quantiser s4 from binary32 (SAWB)", check_sawb}};
  for (const auto& [name, check_unit] : units) {
    table.run(name, [&, run = check_unit](UnitCheck& check) { run(check, scope, probe); });
  }
  for (const TileGeometry& geometry : built_tiles()) {
    table.run(geometry_name(geometry) + ", every clock",
              [&](UnitCheck& check) { check_lockstep(check, scope, geometry); });
  }
  for (const TileGeometry& geometry : built_tiles()) {
    table.run(geometry_name(geometry) + ", commands",
              [&](UnitCheck& check) { check_commands(check, scope, geometry); });
  }
  table.run("128x128 array of four tiles, every clock",
            [&](UnitCheck& check) { check_array(check, scope); });
  const bool good = table.finish();
  out << fmt::format(
      "seed {}{}: {}\n", options.seed, options.quick ? ", quick" : "",
      good ? "the RTL, the reference math and exact arithmetic agree" : "MISMATCHES FOUND");
  return good ? 0 : 1;
}

int run_validate(const ValidateOptions& options) { return run_validate(options, std::cout); }

}  // namespace nibble
