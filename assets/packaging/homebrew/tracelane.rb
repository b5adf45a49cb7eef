class Tracelane < Formula
  desc "Native desktop explorer for Go execution traces"
  homepage "https://github.com/tracelane/tracelane"
  url "https://github.com/tracelane/tracelane/archive/refs/tags/v0.2.0.tar.gz"
  # The sum of that file, which is there once the tag is: shasum -a 256 v0.2.0.tar.gz
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license any_of: ["MIT", "Apache-2.0"]
  head "https://github.com/tracelane/tracelane.git", branch: "main"

  depends_on "rust" => :build

  def install
    system "cargo", "install", *std_cargo_args(path: "app")
    generate_completions_from_executable(bin/"tracelane", "completions")
    (man1/"tracelane.1").write Utils.safe_popen_read(bin/"tracelane", "man")
    pkgshare.install "assets/sample.trace"
  end

  test do
    assert_match "Findings", shell_output("#{bin}/tracelane report #{pkgshare}/sample.trace")
  end
end
