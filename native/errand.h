/* Work that may never come to an end: a thread does it, and nobody waits for it for longer than was said. */
#pragma once

#include "threads.h"

#include <errno.h>
#include <uv.h>

#include <functional>
#include <memory>

namespace pidone {

class Errand {
 public:
  /* Null where there can't be another thread. `work` gives the result, and must not throw. */
  static std::shared_ptr<Errand> begin(std::function<int()> work) {
    auto errand = std::make_shared<Errand>(std::move(work));
    auto* held = new std::shared_ptr<Errand>(errand);
    if (startDetached(run, held)) return errand;
    delete held;
    return nullptr;
  }

  explicit Errand(std::function<int()> work) : work_(std::move(work)) {
    uv_mutex_init(&lock_);
    uv_cond_init(&over_);
  }
  ~Errand() {
    uv_cond_destroy(&over_);
    uv_mutex_destroy(&lock_);
  }
  Errand(const Errand&) = delete;
  Errand& operator=(const Errand&) = delete;

  /* Whether it has come to its end within that time, ms. */
  bool wait(uint64_t ms) {
    uint64_t left = ms * 1000000, end = uv_hrtime() + left;
    uv_mutex_lock(&lock_);
    while (!done_ && left > 0) {
      uv_cond_timedwait(&over_, &lock_, left);
      uint64_t now = uv_hrtime();
      left = now < end ? end - now : 0;
    }
    bool done = done_;
    uv_mutex_unlock(&lock_);
    return done;
  }

  /* Once it is done. */
  int result() const { return result_; }

 private:
  static void run(void* argument) {
    std::unique_ptr<std::shared_ptr<Errand>> held(static_cast<std::shared_ptr<Errand>*>(argument));
    Errand& errand = **held;
    int result = errand.work_();
    uv_mutex_lock(&errand.lock_);
    errand.result_ = result;
    errand.done_ = true;
    uv_cond_signal(&errand.over_);
    uv_mutex_unlock(&errand.lock_);
  }

  const std::function<int()> work_;
  uv_mutex_t lock_;
  uv_cond_t over_;
  bool done_ = false;
  int result_ = 0;
};

}  // namespace pidone
