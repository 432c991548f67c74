"""`nibblesim --version` and the file it is made from: the commit, or words where there is none, and no new
file where nothing changed.

Usage: version_test.py NIBBLESIM CMAKE
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def git(folder, *arguments):
    # Hooks, signing and names of the machine have no say in a test's repository.
    settings = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *settings, *arguments], cwd=folder, check=True, capture_output=True,
                   env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull})


def git_commit(folder):
    (folder / "file").write_text((folder / "file").read_text() + "line\n"
                                 if (folder / "file").exists() else "line\n")
    git(folder, "add", "file")
    git(folder, "commit", "-m", "one")
    return subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True,
                          text=True).stdout.strip()


class VersionTest(unittest.TestCase):
    program, cmake = "", ""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.output = self.root / "version.cpp"
        self.source = self.root / "source"
        self.source.mkdir()

    def written(self):
        subprocess.run([self.cmake, f"-DSOURCE={self.source}", "-DVERSION=1.2.3", "-DVERILATOR=5.6",
                        f"-DOUTPUT={self.output}", "-P", SOURCE / "tools/cmake/write_version.cmake"],
                       check=True, timeout=60)
        return self.output.read_text()

    def test_the_program_names_version_commit_and_what_it_is_built_with(self):
        done = subprocess.run([self.program, "--version"], capture_output=True, text=True, timeout=60,
                              check=True)
        self.assertEqual(done.stderr, "")
        self.assertRegex(done.stdout, r"\Anibblesim \d+\.\d+\.\d+, commit (\w+(-dirty)?|unknown \(.*\)), "
                                      r"SystemC \d+\.\d+\.\d+, Verilator \d+\.\d+\S*\n\Z")

    def test_a_checkout_has_its_commit_and_says_whether_files_were_changed(self):
        git(self.source, "init", "-q")
        first = git_commit(self.source)
        self.assertIn(f'"{first[:10]}"', self.written())
        (self.source / "file").write_text("other\n")
        self.assertIn(f'"{first[:10]}-dirty"', self.written())
        second = git_commit(self.source)
        self.assertNotEqual(first, second)
        self.assertIn(f'"{second[:10]}"', self.written())

    def test_a_tarball_has_none_even_inside_another_checkout(self):
        git(self.root, "init", "-q")
        git_commit(self.root)
        self.assertIn('"unknown (not built from a git checkout)"', self.written())

    def test_a_checkout_that_git_cannot_read_is_a_checkout_all_the_same(self):
        (self.source / ".git").write_text("gitdir: nowhere\n")
        self.assertIn('return "unknown";', self.written())

    def test_the_file_is_left_alone_while_nothing_changes(self):
        self.written()
        os.utime(self.output, (1, 1))
        self.written()
        self.assertEqual(self.output.stat().st_mtime, 1)
        self.output.write_text("something older")
        self.assertIn("1.2.3", self.written())


if __name__ == "__main__":
    VersionTest.cmake = sys.argv.pop()
    VersionTest.program = str(pathlib.Path(sys.argv.pop()).resolve())
    unittest.main()
