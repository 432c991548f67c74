#include "tests/sim/support/wave_file.h"

#include <memory>
#include <stdexcept>

#include "gtkwave/fstapi.h"

namespace nibble::test {
namespace {

struct Reading {
  WaveFile* file;
  std::map<fstHandle, std::string> names;
  WaveValues values;
};

void note_change(void* data, std::uint64_t time, fstHandle signal, const unsigned char* value) {
  auto& reading = *static_cast<Reading*>(data);
  reading.values[reading.names.at(signal)] = reinterpret_cast<const char*>(value);
  std::vector<WaveFile::Moment>& moments = reading.file->moments;
  if (moments.empty() || moments.back().time_ps != time) moments.push_back({time, {}});
  moments.back().values = reading.values;
}

}  // namespace

WaveFile read_waves(const std::string& file, const std::vector<std::string>& signals) {
  const std::unique_ptr<void, void (*)(void*)> reader(fstReaderOpen(file.c_str()), fstReaderClose);
  if (!reader) throw std::runtime_error(file + " is no FST file");
  constexpr int kPicoseconds = -12;
  if (fstReaderGetTimescale(reader.get()) != kPicoseconds) {
    throw std::runtime_error(file + " is not in picoseconds");
  }
  WaveFile waves;
  Reading reading{&waves, {}, {}};
  fstReaderClrFacProcessMaskAll(reader.get());
  int depth = 0;
  while (const fstHier* entry = fstReaderIterateHier(reader.get())) {
    if (entry->htyp == FST_HT_SCOPE) ++depth;
    if (entry->htyp == FST_HT_UPSCOPE) --depth;
    if (entry->htyp != FST_HT_VAR) continue;
    ++waves.signals;
    if (depth != 1) continue;
    const std::string whole = entry->u.var.name;  // "a_row_i [63:0]"
    const std::string name = whole.substr(0, whole.find(' '));
    waves.widths[name] = static_cast<int>(entry->u.var.length);
    for (const std::string& wanted : signals) {
      if (wanted != name) continue;
      reading.names[entry->u.var.handle] = name;
      fstReaderSetFacProcessMask(reader.get(), entry->u.var.handle);
    }
  }
  if (reading.names.size() != signals.size()) {
    throw std::runtime_error(file + " has not all signals");
  }
  fstReaderIterBlocks(reader.get(), note_change, &reading, nullptr);
  return waves;
}

std::vector<WaveFile::Moment> rising_edges(const WaveFile& file) {
  std::vector<WaveFile::Moment> edges;
  std::string before = "1";
  for (const WaveFile::Moment& moment : file.moments) {
    const std::string& clock = moment.values.at("clk_i");
    if (clock == "1" && before == "0") edges.push_back(moment);
    before = clock;
  }
  return edges;
}

}  // namespace nibble::test
