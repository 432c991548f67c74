#include "tests/sim/compiler/program_checker.h"

#include "tests/sim/compiler/program_walk.h"

namespace nibble::test {

std::string fault_of(const Workload& workload, const CompilerTarget& target, const Program& program,
                     const MappingTable& mappings) {
  std::vector<CoreSplit> splits;
  const StepCompiler compiler(workload, target);
  for (std::size_t i = 0; i < workload.operations.size(); ++i) {
    const bool multiplies = std::holds_alternative<GemmWork>(workload.operations[i].work);
    const auto given = mappings.find(i);
    splits.push_back(!multiplies || target.cores == 1 ? CoreSplit::rows
                     : given == mappings.end()        ? compiler.rule(i).split
                                                      : given->second.split);
  }
  try {
    ProgramWalk(workload, target, program, splits).check();
    return "";
  } catch (const ProgramFault& fault) {
    return fault.what();
  }
}

}  // namespace nibble::test
