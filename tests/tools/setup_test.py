"""tools/setup: packages that are missing are named, steps that fail show why."""
import os
import pathlib
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
# What the set-up calls besides the package tools.
BASICS = ("bash", "awk", "dirname", "basename", "nproc", "mkdir", "tr", "grep", "tail", "cat",
          "sleep", "env", "sed", "false", "echo", "id")


class Setup(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.bin = self.root / "bin"
        self.bin.mkdir()
        for name in BASICS:
            found = subprocess.run(["sh", "-c", f"command -v {name}"], capture_output=True, text=True,
                                   check=True).stdout.strip()
            if found.startswith("/"):
                (self.bin / name).symlink_to(found)
        self.packages = self.root / "packages.txt"
        self.packages.write_text("# comment\nrun   alpha  the first\nrun   beta  the second\n"
                                 "test  gamma  the third\n")

    def program(self, name, text):
        path = self.bin / name
        path.unlink(missing_ok=True)  # never write through a link to the real program
        path.write_text(f"#!/bin/bash\n{text}\n")
        path.chmod(0o755)

    def run_setup(self, script):
        """Runs a script after sourcing common.sh, with only self.bin on the PATH."""
        environment = {"PATH": str(self.bin), "NIBBLE_PACKAGES": str(self.packages),
                       "HOME": str(self.root)}
        text = f". {SOURCE}/tools/setup/common.sh; logs={self.root}/logs; program=setup\n{script}"
        done = subprocess.run(["/bin/bash", "-c", text], capture_output=True, text=True,
                              env=environment, check=False)
        return done.returncode, done.stdout, done.stderr

    def installed(self, *names):
        """A dpkg-query that knows these packages, and those that apt-get has installed."""
        patterns = "|".join(names + ("none",))
        self.program("dpkg-query", f'''
case "${{@: -1}}" in {patterns}) printf installed; exit 0 ;; esac
grep -qsx "${{@: -1}}" {self.root}/installed && printf installed''')

    def test_nothing_is_installed_when_all_is_present(self):
        self.installed("alpha", "beta")
        self.assertEqual(self.run_setup("install_packages run"), (0, "Packages: all present\n", ""))

    def test_a_package_that_another_one_provides_is_there(self):
        self.program("dpkg-query", '''
case "${@: -1}" in
  alpha) printf installed ;;
  beta) exit 1 ;;
  *) printf 'installed x-beta, betas, \ninstalled nodes, beta (= 2), more, \n' ;;
esac''')
        self.assertEqual(self.run_setup("install_packages run"), (0, "Packages: all present\n", ""))
        self.packages.write_text("run  alpha  the first\nrun  bet  none\nrun  x  none\n")
        self.program("dpkg-query", '''
case "${@: -1}" in
  alpha) printf installed ;;
  bet | x) exit 1 ;;
  *) printf 'installed x-beta, betas, \nremoved x, \n' ;;
esac''')
        self.assertEqual(self.run_setup("install_packages run")[2],
                         "setup: missing packages, and apt-get is not here to install them: bet x\n")

    def test_missing_packages_are_named_where_apt_is_not(self):
        self.installed("alpha")
        self.assertEqual(
            self.run_setup("install_packages run test"),
            (2, "", "setup: missing packages, and apt-get is not here to install them: beta gamma\n"))

    def test_a_user_who_cannot_install_is_told_the_command(self):
        self.installed("alpha")
        self.program("apt-get", "exit 1")
        self.program("id", "echo 1000")
        self.assertEqual(
            self.run_setup("install_packages run"),
            (2, "", "setup: missing packages; as root run: apt-get install beta\n"))

    def test_exactly_the_missing_packages_are_installed(self):
        self.installed("alpha")
        self.program("id", "echo 0")
        self.program("apt-get", f'''
echo "$@" >>{self.root}/calls
for name in "$@"; do echo "$name" >>{self.root}/installed; done''')
        state, out, err = self.run_setup("install_packages run test; install_packages run test")
        self.assertEqual((state, err), (0, ""))
        self.assertRegex(out, r"^Packages \(2 to install\): done in \d+ s\nPackages: all present\n$")
        self.assertEqual((self.root / "calls").read_text().splitlines(),
                         ["-q update", "-q -y --no-install-recommends install beta gamma"])

    def test_a_package_that_apt_does_not_deliver_is_named(self):
        self.installed("alpha")
        self.program("id", "echo 0")
        self.program("apt-get", "exit 0")
        state, _, err = self.run_setup("install_packages run")
        self.assertEqual(state, 2)
        self.assertEqual(err, "setup: the package beta is still missing after apt-get install\n")

    def test_on_another_system_cmake_has_the_word(self):
        state, out, _ = self.run_setup("install_packages run")
        self.assertEqual(state, 0)
        self.assertIn("CMake will name what it cannot find", out)

    def test_a_step_that_fails_shows_its_output_and_stops(self):
        state, out, err = self.run_setup(
            "stage 'A step' bash -c 'echo the reason; exit 7'; echo never reached")
        self.assertEqual((state, out), (1, ""))
        self.assertEqual(err.splitlines()[0], "the reason")
        self.assertRegex(err.splitlines()[1],
                         r"^setup: A step failed \(exit 7\); the whole log is .*/A_step\.log$")

    def test_a_step_that_succeeds_keeps_its_output_to_its_log(self):
        state, out, err = self.run_setup("stage 'A step' echo hidden")
        self.assertEqual((state, err), (0, ""))
        self.assertRegex(out, r"^A step: done in \d+ s\n$")
        self.assertEqual((self.root / "logs/A_step.log").read_text(), "hidden\n")

    def test_quickstart_with_training_installs_and_builds_the_trainer(self):
        for name in ("tools/quickstart", "tools/setup/common.sh"):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text((SOURCE / name).read_text())
        self.packages.write_text("run alpha a b\ntrain beta a b\ntest gamma a b\n")
        self.installed("alpha", "beta")
        self.program("cmake", f'echo "$@" >>{self.root}/calls')
        environment = {"PATH": str(self.bin), "NIBBLE_PACKAGES": str(self.packages)}
        done = subprocess.run(["/bin/bash", self.root / "tools/quickstart", "--training"], env=environment,
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, "^Packages: all present\n(.*\n)*Try: build/bin/nibblesim train configs/tasks/")
        configured, built = (self.root / "calls").read_text().splitlines()
        self.assertIn("-DNIBBLE_TRAINING=ON -DNIBBLE_TESTS=OFF", configured)
        self.assertTrue(built.endswith("--target nibblesim nibblesim_train"), built)


class Packages(unittest.TestCase):
    def test_every_line_has_a_group_a_package_and_a_reason(self):
        known = set()
        for line in (SOURCE / "tools/setup/packages.txt").read_text().splitlines():
            if not line or line.startswith("#"):
                continue
            group, package, *reason = line.split()
            self.assertIn(group, ("run", "train", "test", "lint"))
            self.assertGreaterEqual(len(reason), 2, line)
            self.assertNotIn(package, known)
            known.add(package)


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C")
    unittest.main()
