// A memory file without a name that is mapped into this process; children map its descriptor.

#define NAPI_VERSION 8
#include <napi.h>

#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

namespace {

// Lives as long as the file is open or a view of it exists.
struct Mapping {
  uint8_t* data = nullptr;
  size_t size = 0;

  ~Mapping() {
    if (data != nullptr) munmap(data, size);
  }
};

Napi::Error SystemError(Napi::Env env, const char* action) {
  return Napi::Error::New(env, std::string(action) + ": " + std::strerror(errno));
}

// TypeScript has checked all arguments but the bounds, which guard the memory of the process.
class MappedFile : public Napi::ObjectWrap<MappedFile> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "MappedFile",
                       {InstanceAccessor<&MappedFile::Descriptor>("fd"),
                        InstanceMethod<&MappedFile::Write>("write"),
                        InstanceMethod<&MappedFile::Read>("read"),
                        InstanceMethod<&MappedFile::View>("view"),
                        InstanceMethod<&MappedFile::Discard>("discard"),
                        InstanceMethod<&MappedFile::Close>("close")});
  }

  explicit MappedFile(const Napi::CallbackInfo& info) : Napi::ObjectWrap<MappedFile>(info) {
    const auto name = info[0].As<Napi::String>().Utf8Value();
    const auto size = static_cast<size_t>(info[1].As<Napi::Number>().Int64Value());
    fd_ = memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd_ < 0) throw SystemError(info.Env(), "cannot create a memory file");
    // Whoever has the descriptor could cut the file short, and the next access would end us.
    if (ftruncate(fd_, static_cast<off_t>(size)) != 0 ||
        fcntl(fd_, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
      const auto error = SystemError(info.Env(), "cannot size a memory file");
      CloseDescriptor();
      throw error;
    }
    void* data = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd_, 0);
    if (data == MAP_FAILED) {
      const auto error = SystemError(info.Env(), "cannot map a memory file");
      CloseDescriptor();
      throw error;
    }
    mapping_ = std::make_shared<Mapping>();
    mapping_->data = static_cast<uint8_t*>(data);
    mapping_->size = size;
  }

  ~MappedFile() override { CloseDescriptor(); }

 private:
  Napi::Value Descriptor(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), fd_);
  }

  // write(data: Uint8Array, position: number): void
  Napi::Value Write(const Napi::CallbackInfo& info) {
    const auto data = info[0].As<Napi::Uint8Array>();
    std::memcpy(Place(info, 1, data.ByteLength()), data.Data(), data.ByteLength());
    return info.Env().Undefined();
  }

  // read(data: Uint8Array, position: number): void
  Napi::Value Read(const Napi::CallbackInfo& info) {
    auto data = info[0].As<Napi::Uint8Array>();
    std::memcpy(data.Data(), Place(info, 1, data.ByteLength()), data.ByteLength());
    return info.Env().Undefined();
  }

  // view(position: number, sizeBytes: number): ArrayBuffer
  Napi::Value View(const Napi::CallbackInfo& info) {
    const auto size = static_cast<size_t>(info[1].As<Napi::Number>().Int64Value());
    uint8_t* data = Place(info, 0, size);
    auto* keeper = new std::shared_ptr<Mapping>(mapping_);
    return Napi::ArrayBuffer::New(
        info.Env(), data, size,
        [](Napi::BasicEnv, void*, std::shared_ptr<Mapping>* held) { delete held; }, keeper);
  }

  // discard(position: number, sizeBytes: number): void
  Napi::Value Discard(const Napi::CallbackInfo& info) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const auto position = static_cast<size_t>(info[0].As<Napi::Number>().Int64Value());
    const auto size = static_cast<size_t>(info[1].As<Napi::Number>().Int64Value());
    Place(info, 0, size);
    const size_t begin = (position + page - 1) / page * page;
    const size_t end = (position + size) / page * page;
    // Where the system cannot, the memory stays until the file is closed.
    if (begin < end) madvise(mapping_->data + begin, end - begin, MADV_REMOVE);
    return info.Env().Undefined();
  }

  // close(): void. Views stay valid.
  Napi::Value Close(const Napi::CallbackInfo& info) {
    CloseDescriptor();
    mapping_.reset();
    return info.Env().Undefined();
  }

  uint8_t* Place(const Napi::CallbackInfo& info, size_t argument, size_t size) {
    if (!mapping_) throw Napi::Error::New(info.Env(), "the memory file is closed");
    const int64_t position = info[argument].As<Napi::Number>().Int64Value();
    if (position < 0 || static_cast<size_t>(position) > mapping_->size ||
        size > mapping_->size - static_cast<size_t>(position)) {
      throw Napi::RangeError::New(info.Env(), "outside of the memory file");
    }
    return mapping_->data + position;
  }

  void CloseDescriptor() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

  int fd_ = -1;
  std::shared_ptr<Mapping> mapping_;
};

// trimAllocator(): boolean. False with a C library other than glibc, which has no such function.
Napi::Value TrimAllocator(const Napi::CallbackInfo& info) {
#ifdef __GLIBC__
  malloc_trim(0);
  return Napi::Boolean::New(info.Env(), true);
#else
  return Napi::Boolean::New(info.Env(), false);
#endif
}

Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  exports.Set("MappedFile", MappedFile::Define(env));
  exports.Set("trimAllocator", Napi::Function::New<TrimAllocator>(env));
  return exports;
}

NODE_API_MODULE(mapped_file, Initialize)

}  // namespace
